"""Signs with the library of Standard Webhooks, with the secret given as an argument.

`send <url>`: sends each delivery ten times, signed anew each time, and prints the bodies by their ids.
`verify <json>`: prints `valid` if the library accepts the body and the headers, and no others.
"""
import json
import sys
from datetime import datetime, timezone
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

secret, mode, given = sys.argv[1:4]
webhook = Webhook(secret)

BODIES = {
    "py-1": json.dumps({"type": "contact.created", "data": {"name": "Jürgen"}}, ensure_ascii=False),
    "py-2": json.dumps({"type": "contact.created", "data": {"name": "Jürgen"}}),
    "py-3": ' {"type": "a",\r\n"n": 1.50}\n',
    "py-4": "not JSON \u2028 😀",
    "py-5": "[]",
}


def post(headers, body):
    request = Request(given, data=body.encode(), headers={**headers, "content-type": "application/json"})
    try:
        with urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def signed(message, body):
    now = datetime.now(tz=timezone.utc)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(message, now, body),
    }


if mode == "send":
    for attempt in range(10):
        for message, body in BODIES.items():
            status, answer = post(signed(message, body), body)
            assert status == 202, answer
            assert answer["accepted"] + answer["duplicates"] == 1, answer
            assert answer["accepted"] == (1 if attempt == 0 else 0), answer
            status, answer = post(signed(message, body), body + " ")
            assert (status, answer["code"]) == (401, "invalid-signature"), answer
    print(json.dumps(BODIES))
else:
    stored = json.loads(given)
    # The library parses what it has verified, so another text is refused only if its signature was checked first.
    try:
        webhook.verify(stored["body"] + " ", stored["headers"])
        raise AssertionError("a changed body was accepted")
    except WebhookVerificationError:
        pass
    try:
        webhook.verify(stored["body"], stored["headers"])
    except json.JSONDecodeError:
        pass
    print("valid", end="")
