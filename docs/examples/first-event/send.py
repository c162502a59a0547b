import json, os
from datetime import datetime, timezone
from urllib.request import Request, urlopen

event = {
    "event_id": "order-1001",
    "event_type": "order.placed",
    "timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT00:00:00Z"),
    "payload": {"amount": 12.5, "user": "ada"},
}
headers = {"X-API-Key": os.environ["WEIR_KEY"], "Content-Type": "application/json"}
request = Request(os.environ["WEIR_URL"] + "/v1/events", json.dumps(event).encode(), headers)
print(urlopen(request).read().decode())
