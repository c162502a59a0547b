import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

query = urlencode({"by": "event_type"})
request = Request(f"{os.environ['WEIR_URL']}/v1/analytics/group?{query}", headers={"X-API-Key": os.environ["WEIR_KEY"]})
print(urlopen(request).read().decode())
