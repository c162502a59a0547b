import json, os, time
from datetime import datetime, timezone
from urllib.request import Request, urlopen

url, headers = os.environ["WEIR_URL"], {"X-API-Key": os.environ["WEIR_KEY"], "Content-Type": "application/json"}
now = datetime.now(timezone.utc).strftime("%Y-%m-%dT00:00:00Z")
event = {"event_id": "logout-1", "event_type": "logout", "timestamp": now, "payload": {}}
receipt_id = json.load(urlopen(Request(f"{url}/v1/events", json.dumps(event).encode(), headers)))["receipt_id"]
while True:
    receipt = urlopen(Request(f"{url}/v1/receipts/{receipt_id}", headers=headers)).read().decode()
    if json.loads(receipt)["pending"] == 0:
        break
    time.sleep(0.2)
print(receipt)
