"""Prints every event of an archive in a folder as JSON, and the number of files whose digests the manifests have."""

import hashlib
import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.dataset as ds

folder = pathlib.Path(sys.argv[1])
events = folder / "events"
partitioning = ds.partitioning(pa.schema([("client", pa.string()), ("day", pa.date32())]), flavor="hive")
table = ds.dataset(events, format="parquet", partitioning=partitioning).to_table()
times = ["event_time", "received_at", "processed_at"]
for name in times:
    assert table.schema.field(name).type == pa.timestamp("us", tz="UTC"), table.schema
    table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(pa.int64()).cast(pa.string()))
table = table.set_column(table.schema.get_field_index("day"), "day", table["day"].cast(pa.string()))
rows = table.sort_by([("client", "ascending"), ("event_id", "ascending")]).to_pylist()

checked = 0
for manifest in events.glob("client=*/day=*/_manifest.json"):
    for file in json.loads(manifest.read_text())["files"]:
        body = (manifest.parent / file["name"]).read_bytes()
        assert len(body) == file["bytes"], file
        assert hashlib.sha256(body).hexdigest() == file["sha256"], file
        checked += 1
assert checked == len(list(events.glob("client=*/day=*/*.parquet")))
print(json.dumps([rows, checked]))
