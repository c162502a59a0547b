"""Sends log records with the official exporter of OpenTelemetry. Arguments: URL, key. Prints the exporter's results."""

import gzip
import json
import logging
import sys
import time

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, EntityRef, KeyValue, KeyValueList

URL, KEY = sys.argv[1:3]
HEADERS = {"authorization": f"Bearer {KEY}"}
PROTOBUF = {**HEADERS, "content-type": "application/x-protobuf"}


def pair(key, **value):
    return KeyValue(key=key, value=AnyValue(**value))


def every_field():
    """A request with every field of the schema."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add(schema_url="https://a.example/resource")
    resource_logs.resource.attributes.append(pair("service.name", string_value="python"))
    resource_logs.resource.dropped_attributes_count = 1
    resource_logs.resource.entity_refs.append(
        EntityRef(schema_url="https://a.example/entity", type="service", id_keys=["service.name"], description_keys=["a"])
    )
    scope_logs = resource_logs.scope_logs.add(schema_url="https://a.example/scope")
    scope_logs.scope.name = "scope"
    scope_logs.scope.version = "1.0"
    scope_logs.scope.attributes.append(pair("scoped", bool_value=True))
    scope_logs.scope.dropped_attributes_count = 2
    now = time.time_ns() // 1000 * 1000 + 7
    scope_logs.log_records.add(
        time_unix_nano=now,
        observed_time_unix_nano=now + 1,
        severity_number=24,
        severity_text="Größe",
        body=AnyValue(
            kvlist_value=KeyValueList(
                values=[
                    pair("int", int_value=-(2**63)),
                    pair("double", double_value=0.1),
                    pair("not a number", double_value=float("nan")),
                    pair("bytes", bytes_value=b"\x00\xff"),
                    pair("list", array_value=ArrayValue(values=[AnyValue(string_value="a"), AnyValue()])),
                ]
            )
        ),
        attributes=[pair("log.record.uid", string_value="python-every-field")],
        dropped_attributes_count=3,
        flags=0x101,
        trace_id=bytes.fromhex("0af7651916cd43dd8448eb211c80319c"),
        span_id=bytes.fromhex("b7ad6b7169203331"),
        event_name="python.every-field",
    )
    return request


def send_ten_times(body, headers):
    answers = [requests.post(URL, data=body, headers=headers, timeout=10) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 10, [answer.text for answer in answers]
    return answers


for answer in send_ten_times(every_field().SerializeToString(), PROTOBUF):
    assert not ExportLogsServiceResponse.FromString(answer.content).HasField("partial_success")


class Recorder(requests.Session):
    """Sends each request of the exporter ten times."""

    def post(self, url, data=None, **options):
        for _ in range(9):
            assert super().post(url, data=data, **options).status_code == 200
        return super().post(url, data=data, **options)


try:
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk._logs import LoggingHandler
except ImportError:
    from opentelemetry.instrumentation.logging.handler import LoggingHandler

for name, compression in (("plain", Compression.NoCompression), ("gzip", Compression.Gzip)):
    provider = LoggerProvider()
    exporter = OTLPLogExporter(endpoint=URL, headers=HEADERS, compression=compression, session=Recorder())
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    log = logging.getLogger(name)
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(LoggingHandler(logger_provider=provider))
    for number in range(100):
        log.info("%s %d", name, number, extra={"number": number})
    provider.force_flush()
    provider.shutdown()

# One bad record among good ones.
request = every_field()
records = request.resource_logs[0].scope_logs[0].log_records
records[0].attributes[0].value.string_value = "python-partial"
records.add(time_unix_nano=1)
answer = requests.post(URL, data=gzip.compress(request.SerializeToString()), headers={**PROTOBUF, "content-encoding": "gzip"}, timeout=10)
partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
assert (answer.status_code, partial.rejected_log_records) == (200, 1), answer.content
assert "retention" in partial.error_message, partial.error_message

# An error is a google.rpc.Status with a BadRequest.
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

bad = ExportLogsServiceRequest()
bad.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1)
answer = requests.post(URL, data=bad.SerializeToString(), headers=PROTOBUF, timeout=10)
status = Status.FromString(answer.content)
assert (answer.status_code, status.code) == (400, 3), answer.content
details = BadRequest()
assert status.details[0].Unpack(details)
assert details.field_violations[0].field.endswith("logRecords/0/timeUnixNano"), details
print(json.dumps({"message": status.message}))
