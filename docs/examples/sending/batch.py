import json, os
from datetime import datetime, timezone
from urllib.request import Request, urlopen

now = datetime.now(timezone.utc).strftime("%Y-%m-%dT00:00:00Z")
events = [
    {"event_id": "login-1", "event_type": "login", "timestamp": now, "payload": {"user": "ada"}},
    {"event_id": "login-2", "event_type": "login", "timestamp": "yesterday", "payload": {"user": "bob"}},
    {"event_id": "login-3", "event_type": "login", "timestamp": now, "payload": {"user": "cem"}},
]
headers = {"X-API-Key": os.environ["WEIR_KEY"], "Content-Type": "application/json"}
request = Request(os.environ["WEIR_URL"] + "/v1/events", json.dumps({"events": events}).encode(), headers)
print(urlopen(request).read().decode())
