import hashlib, json, os
from urllib.request import Request, urlopen


def get(path):
    return json.load(urlopen(Request(os.environ["WEIR_URL"] + path, headers={"X-API-Key": os.environ["WEIR_KEY"]})))


def canonical(value):  # RFC 8785, for the values that entries and seals have
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


entry = get("/v1/audit?path=/v1/events&limit=1")["entries"][0]
proof = get(f"/v1/audit/{entry['request_id']}/proof")

# 1. The entry's hash is a leaf of its seal's tree.
node = sha256(b"\0", canonical(proof["entry"]))
assert node.hex() == proof["hash"], "the entry was changed"
# 2. With its neighbours it leads to the seal's root (RFC 9162, section 2.1.3.2).
at, last = proof["leaf"], proof["seal"]["entries"] - 1
for neighbour in map(bytes.fromhex, proof["path"]):
    if at % 2 == 1 or at == last:
        node = sha256(b"\1", neighbour, node)
        while at % 2 == 0 and at > 0:
            at, last = at >> 1, last >> 1
    else:
        node = sha256(b"\1", node, neighbour)
    at, last = at >> 1, last >> 1
assert last == 0 and node.hex() == proof["seal"]["root"], "the path does not lead to the root"
# 3. Seals are chained up to the first checkpoint, whose signature `weir audit prove` and the page on the trail check.
before = None
for seal in [proof["seal"], *proof["chain"]]:
    content = {name: value for name, value in seal.items() if name != "hash"}
    assert sha256(b"\2", canonical(content)).hex() == seal["hash"], "a seal was changed"
    assert before in (None, seal["previous"]), "the chain is broken"
    before = seal["hash"]
print(proof["entry"]["method"], proof["entry"]["path"], proof["entry"]["status"], "is sealed as it was recorded")
