import { describe, expect, it } from "vitest";
import { createMapping, type MappingOptions } from "../../../cli/send/mapping.ts";

const HEAD = ["id", "when", "price", "paid", "a:number", "tags"];
const options = (map: string[], others: Partial<MappingOptions> = {}): MappingOptions => ({
  map,
  onlyMapped: true,
  infer: false,
  zone: "UTC",
  ...others,
});
const read = (cells: readonly string[], map: string[], others: Partial<MappingOptions> = {}) =>
  JSON.parse(JSON.stringify(createMapping(HEAD, options(map, others))(cells)));
const ROW = ["7", "2026-11-01 10:00", "12345678901234567890.10", "true", "x", '{"k":[1]}'];

describe("the columns of a table", () => {
  it("become members, with their types, and keep the digits of numbers", () => {
    const event = createMapping(
      HEAD,
      options(["event_id=id,payload.price=price:number", "payload.a.b=paid:boolean"]),
    )(ROW);
    expect(JSON.stringify(event)).toBe(
      '{"payload":{"price":12345678901234567890.10,"a":{"b":true}},"event_id":"7"}',
    );
  });

  it("may have names with a colon, and properties names in quotation marks", () => {
    expect(read(ROW, ['payload."odd.key"=a:number'])).toEqual({ payload: { "odd.key": "x" } });
    expect(read(ROW, ["payload.tags=tags:json"])).toEqual({ payload: { tags: { k: [1] } } });
  });

  it.each([
    ["2026-11-01 10:00", "text", "Europe/Berlin", "2026-11-01T09:00:00Z"],
    ["2026-11-01", "text", "UTC", "2026-11-01T00:00:00Z"],
    ["2026-11-01T10:00:00+02:00", "text", "Asia/Tokyo", "2026-11-01T10:00:00+02:00"],
    ["1793527200", "unix", "UTC", "2026-11-01T10:00:00.000Z"],
    ["1793527200.5", "unix", "UTC", "2026-11-01T10:00:00.500Z"],
    ["1793527200123", "unix_ms", "UTC", "2026-11-01T10:00:00.123Z"],
  ])("as a timestamp, %s of type %s in %s is %s", (cell, type, zone, timestamp) => {
    expect(read(["", cell], [`timestamp=when:${type}`], { zone })).toEqual({ payload: {}, timestamp });
  });

  it("that have no mapping become text, or what they look like, or are left out", () => {
    const others = { id: "7", when: ROW[1], paid: "true", "a:number": "x", tags: ROW[5] };
    expect(read(ROW, [], { onlyMapped: false }).payload).toEqual({ ...others, price: ROW[2] });
    expect(read(["7", "", "1.50", "true"], [], { onlyMapped: false, infer: true }).payload).toEqual({
      id: 7,
      when: "",
      price: 1.5,
      paid: true,
      "a:number": "",
      tags: "",
    });
    expect(read(ROW, []).payload).toEqual({});
  });

  it("with an empty cell are left out, unless they are text", () => {
    expect(read(["", "", "", "", ""], ["event_id=id,payload.n=price:number,payload.t=when"])).toEqual({
      payload: { t: "" },
    });
  });

  it("with the names of members are these", () => {
    const map = createMapping(["event_id", "payload", "timestamp"], options([]));
    expect(map(["e", '{"a":1}', "2026-11-01T00:00:00Z"])).toEqual({
      event_id: "e",
      payload: { a: 1 },
      timestamp: "2026-11-01T00:00:00Z",
    });
  });

  it("can't set the prototype of an object", () => {
    const event = createMapping(["x"], options(['payload."__proto__".polluted=x']))(["yes"]);
    expect(JSON.stringify(event)).toBe('{"payload":{"__proto__":{"polluted":"yes"}}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    [["payload.n=price:number"], ["", "", "1,5"], 'Column price: "1,5" is not a JSON number.'],
    [["payload.n=price:number"], ["", "", "0x10"], "is not a JSON number"],
    [["payload.b=paid:boolean"], ["", "", "", "yes"], "is not true or false"],
    [["payload.j=tags:json"], ["", "", "", "", "", "{"], "is not JSON"],
    [["timestamp=when"], ["", "2026-02-30"], "is not a time"],
    [["timestamp=when"], ["", "now"], "is not a time"],
    [["timestamp=when:unix"], ["", "1e9"], "is not a Unix time"],
    [["payload=tags,payload.a=id"], ["1", "", "", "", "", "5"], "payload is not an object"],
  ])("%j refuses the row %j: %s", (map, cells, message) => {
    expect(() => read(cells, map)).toThrow(message);
  });

  it.each([
    ["id", "has no ="],
    ["event_id=nothing", "names a column that the table does not have. It has: id, when"],
    ["event_id=id:uuid", "has an unknown type"],
    ["client=id", "has an unknown target"],
    ["payload.items[0]=id", "has an unknown target"],
    ["payload.=id", "has an unknown target"],
  ])("the mapping %s is refused: it %s", (map, message) => {
    expect(() => createMapping(HEAD, options([map]))).toThrow(message);
  });
});
