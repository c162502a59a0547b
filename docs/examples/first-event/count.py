import os
from urllib.request import Request, urlopen

url = os.environ["WEIR_URL"] + "/v1/analytics/count?event_type=order.placed"
print(urlopen(Request(url, headers={"X-API-Key": os.environ["WEIR_KEY"]})).read().decode())
