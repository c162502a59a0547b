import json, os
from urllib.request import Request, urlopen

funnel = {
    "steps": [{"event_type": "order.placed"}, {"event_type": "order.paid"}],
    "key": "payload.user",
    "window_seconds": 86400,
}
headers = {"X-API-Key": os.environ["WEIR_KEY"], "Content-Type": "application/json"}
request = Request(os.environ["WEIR_URL"] + "/v1/analytics/funnel", json.dumps(funnel).encode(), headers)
print(urlopen(request).read().decode())
