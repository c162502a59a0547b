"""Sends events with the official SDK of CloudEvents, each ten times, to the URL and with the key given as arguments."""
import json
import sys
import urllib.request
from datetime import datetime, timezone

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

url, key = sys.argv[1:3]
MODES = {"binary": to_binary_event, "structured": to_structured_event}
DATA = {"json": ("application/json", {"amount": 12.5}), "bytes": ("image/png", b"\x00\xff\x01")}

for mode, convert in MODES.items():
    for kind, (content_type, data) in DATA.items():
        name = f"{mode}-{kind}"
        attributes = {
            "id": name,
            "source": "/python",
            "type": f"python.{name}",
            "specversion": "1.0",
            "time": datetime.now(timezone.utc),
            "subject": "Größe 1",
            "datacontenttype": content_type,
        }
        message = convert(CloudEvent(attributes, data))
        body = message.body if isinstance(message.body, bytes) else message.body.encode()
        for attempt in range(10):
            request = urllib.request.Request(url, data=body, headers={**message.headers, "X-API-Key": key})
            with urllib.request.urlopen(request) as response:
                answer = json.load(response)
            expected = (1, 0) if attempt == 0 else (0, 1)
            assert (answer["accepted"], answer["duplicates"]) == expected, answer
