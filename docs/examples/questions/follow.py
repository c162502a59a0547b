import json, os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

# Without `after` the feed begins with the oldest event. Keep `next_cursor` together with what you made of the events.
query = {"order": "asc", "wait": 20, "limit": 1, "event_type": "order.paid"}
seen = 0
while seen < 2:
    url = f"{os.environ['WEIR_URL']}/v1/events?{urlencode(query)}"
    page = json.load(urlopen(Request(url, headers={"X-API-Key": os.environ["WEIR_KEY"]}), timeout=30))
    for event in page["events"]:
        print(event["event_id"], json.dumps(event["payload"], separators=(",", ":")))
    seen += len(page["events"])
    query["after"] = page["next_cursor"]
