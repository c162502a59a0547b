"""Makes the queue `weir` and its dead-letter queue `weir-dead`, with the settings of serverless/queue-sqs.yml.

LocalStack runs this itself when it is ready: in its image, where this folder is mounted, and outside of it. In Python,
since that and boto3 are in both, and the AWS command line would take seconds.
"""

import json
import os

import boto3

FOURTEEN_DAYS = 14 * 24 * 3600

port = os.environ.get("GATEWAY_LISTEN", "4566").rpartition(":")[2]
sqs = boto3.client(
    "sqs",
    endpoint_url=f"http://127.0.0.1:{port}",
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
)


def make(name, attributes):
    """Made bare and then set: SQS refuses to make a queue again whose attributes differ."""
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    retention = {"MessageRetentionPeriod": str(FOURTEEN_DAYS)}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=retention | attributes)
    return url


dead = make("weir-dead", {})
arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
make(
    "weir",
    {
        # Six times the worker's time-out.
        "VisibilityTimeout": "360",
        "ReceiveMessageWaitTimeSeconds": "20",
        # Deliveries during a database outage count too.
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "240"}),
    },
)
