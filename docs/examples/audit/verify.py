import json, os
from urllib.request import Request, urlopen

url = os.environ["WEIR_URL"] + "/v1/audit/verify"
found = json.load(urlopen(Request(url, headers={"X-API-Key": os.environ["WEIR_KEY"]}), timeout=30))
print('"valid":' + json.dumps(found["valid"]))
