import os
from urllib.error import HTTPError
from urllib.request import Request, urlopen

try:
    urlopen(Request(os.environ["WEIR_URL"] + "/v1/pipeline", headers={"X-API-Key": "nobody"}))
except HTTPError as error:
    print(error.read().decode())
