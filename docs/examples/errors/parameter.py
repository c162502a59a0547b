import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen

try:
    urlopen(Request(os.environ["WEIR_URL"] + "/v1/events?limit=0", headers={"X-API-Key": os.environ["WEIR_KEY"]}))
except HTTPError as error:
    print(error.read().decode())
