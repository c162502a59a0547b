import os
from urllib.request import Request, urlopen

url = os.environ["WEIR_URL"] + "/v1/audit?path=/v1/events&limit=1"
print(urlopen(Request(url, headers={"X-API-Key": os.environ["WEIR_KEY"]})).read().decode())
