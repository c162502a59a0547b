"""Logs with the official exporter of OpenTelemetry, which gives up after a while. Arguments: URL, key. Prints what it logged and reported as sent."""
import json
import sys

from going import going
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, LogRecordExportResult

url, key = sys.argv[1:3]
BATCH = 10
sent, delivered = [], []


class Noted(OTLPLogExporter):
    """Notes what it reports as sent."""

    def export(self, batch):
        result = super().export(batch)
        if result is LogRecordExportResult.SUCCESS:
            delivered.extend(one.log_record.body for one in batch)
        return result


provider = LoggerProvider()
exporter = Noted(endpoint=f"{url}/v1/logs", headers={"authorization": f"Bearer {key}"})
provider.add_log_record_processor(BatchLogRecordProcessor(exporter, max_export_batch_size=BATCH))
logger = provider.get_logger("test")
while going():
    for _ in range(BATCH):
        sent.append(f"record {len(sent)}")
        logger.emit(LogRecord(body=sent[-1], event_name="logged"))
    provider.force_flush()
provider.shutdown()
print(json.dumps({"sent": sent, "delivered": delivered}))
