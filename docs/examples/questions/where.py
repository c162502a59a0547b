import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

query = urlencode([("event_type", "order.placed"), ("where", "payload.amount>=12.5"), ("where", "payload.user=ada")])
request = Request(f"{os.environ['WEIR_URL']}/v1/analytics/count?{query}", headers={"X-API-Key": os.environ["WEIR_KEY"]})
print(urlopen(request).read().decode())
