"""Sends calls with Segment's SDK, which repeats what fails. Arguments: URL, key. Prints what it sent, and what it did not report as lost."""
import json
import sys
import time

from going import going
from segment.analytics.client import Client

url, key = sys.argv[1:3]
MOST_OPEN = 40
sent, lost = [], set()


def on_error(_error, batch):
    lost.update(call["messageId"] for call in batch)


client = Client(key, host=url, gzip=True, on_error=on_error, upload_size=5, upload_interval=0.1, max_retries=100)
while going():
    if client.queue.unfinished_tasks >= MOST_OPEN:
        time.sleep(0.01)
        continue
    number = len(sent)
    # Each 30th is too long, and goes to quarantine.
    event = "x" * 300 if number % 30 == 0 else "Clicked"
    is_queued, call = client.track("user-1", event, {"number": number}, message_id=f"m-{number:05}")
    assert is_queued
    sent.append(call["messageId"])
client.shutdown()
print(json.dumps({"sent": sent, "delivered": [one for one in sent if one not in lost]}))
