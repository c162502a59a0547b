"""Sends events with the official SDK of CloudEvents, each until it is accepted. Arguments: URL, key. Prints what it sent and delivered."""
import json
import sys
import time
import urllib.error
import urllib.request

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from going import going

url, key = sys.argv[1:3]
delivered = []


def is_accepted(message):
    body = message.body if isinstance(message.body, bytes) else message.body.encode()
    request = urllib.request.Request(f"{url}/v1/events", data=body, headers={**message.headers, "X-API-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return "receipt_id" in json.load(response)
    # The connection was refused or lost, or the status is 429 or 503.
    except (OSError, urllib.error.HTTPError, ValueError):
        return False


while going():
    number = len(delivered)
    attributes = {"id": str(number), "source": "/python", "type": "python.sent", "specversion": "1.0"}
    convert = (to_binary_event, to_structured_event)[number % 2]
    message = convert(CloudEvent({**attributes, "datacontenttype": "application/json"}, {"n": number}))
    while not is_accepted(message):
        time.sleep(0.05)
    delivered.append(f"/python {number}")
print(json.dumps({"sent": delivered, "delivered": delivered}))
