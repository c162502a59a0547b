import gzip, json, os, random, time
from datetime import datetime, timezone
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

RETRYABLE = {408, 425, 429, 500, 502, 503, 504}


def send(events):
    """Sends a batch until it is accepted. Repeating is safe: each event keeps its id."""
    body = gzip.compress(json.dumps({"events": events}).encode())
    headers = {
        "X-API-Key": os.environ["WEIR_KEY"],
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    for attempt in range(10):
        wait = random.uniform(0, min(30, 0.5 * 2**attempt))
        try:
            return json.load(urlopen(Request(os.environ["WEIR_URL"] + "/v1/events", body, headers), timeout=30))
        except HTTPError as error:
            if error.code not in RETRYABLE:
                raise
            wait = max(wait, float(error.headers.get("Retry-After", 0)))
        except URLError:
            pass
        time.sleep(wait)
    raise TimeoutError("The events were not accepted.")


now = datetime.now(timezone.utc).strftime("%Y-%m-%dT00:00:00Z")
answer = send([{"event_id": f"visit-{n}", "event_type": "visit", "timestamp": now, "payload": {"n": n}} for n in range(1, 1001)])
print(f'"accepted":{answer["accepted"]}')
