"""Sends calls with Segment's SDK, each request ten times. Arguments: URL, key, encoding. Prints the ids that it did not report as lost."""
import json
import sys

from segment.analytics import request
from segment.analytics.client import Client

url, key, gzip = sys.argv[1:4]
failed = []


def on_error(_error, batch):
    failed.extend(call["messageId"] for call in batch)


post_once = request._session.post


def post_ten_times(*args, **kwargs):
    for _ in range(10):
        response = post_once(*args, **kwargs)
        assert (response.status_code, response.json()) == (200, {"success": True}), response.text
    return response


request._session.post = post_ten_times
client = Client(
    key,
    host=url,
    gzip=gzip == "gzip",
    on_error=on_error,
    upload_size=5,
    upload_interval=0.1,
)
ids = []


def send(call, *args, **members):
    _, message = call("user-1", *args, message_id=f"ten-{gzip}-{len(ids):03}", **members)
    ids.append(message["messageId"])


send(client.track, "Größe bestellt", {"total": 12.5})
send(client.identify, {"plan": "free"})
send(client.page, properties={"path": "/"}, name="Home")
send(client.screen, name="Cart")
send(client.group, "group-1", {"name": "Acme"})
send(client.alias, "user-2")
send(client.track, "x" * 300)
client.shutdown()
print(json.dumps([one for one in ids if one not in failed]))
