import json, os
from datetime import datetime, timezone
from urllib.request import Request, urlopen

# Six orders of today, so that the questions below have answers.
day = datetime.now(timezone.utc).strftime("%Y-%m-%d")


def order(n, event_type, user, amount):
    payload = {"user": user, "amount": amount}
    return {"event_id": f"order-{n}", "event_type": event_type, "timestamp": f"{day}T00:00:0{n}Z", "payload": payload}


events = [
    order(1, "order.placed", "ada", 12.5),
    order(2, "order.placed", "bob", 40),
    order(3, "order.placed", "ada", 7),
    order(4, "order.paid", "ada", 12.5),
    order(5, "order.paid", "bob", 40),
    order(6, "order.placed", "cem", 99),
]
headers = {"X-API-Key": os.environ["WEIR_KEY"], "Content-Type": "application/json"}
request = Request(os.environ["WEIR_URL"] + "/v1/events", json.dumps({"events": events}).encode(), headers)
print(urlopen(request).read().decode())
