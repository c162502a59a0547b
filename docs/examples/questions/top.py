import os
from datetime import datetime, timezone
from urllib.parse import urlencode
from urllib.request import Request, urlopen

today = datetime.now(timezone.utc).strftime("%Y-%m-%dT00:00:00Z")
query = urlencode({"property": "payload.user", "event_type": "order.placed", "start": today})
request = Request(f"{os.environ['WEIR_URL']}/v1/analytics/top?{query}", headers={"X-API-Key": os.environ["WEIR_KEY"]})
print(urlopen(request).read().decode())
