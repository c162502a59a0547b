import os
from urllib.request import Request, urlopen

request = Request(os.environ["WEIR_URL"] + "/v1/events/order-1001", headers={"X-API-Key": os.environ["WEIR_KEY"]})
print(urlopen(request).read().decode())
