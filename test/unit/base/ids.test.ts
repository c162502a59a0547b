import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as ids from "../../../lib/base/ids.ts";

const text = fc.string({ unit: "binary" });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe("uuidv7", () => {
  it("returns a UUID of version 7 and variant 10 that begins with its time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
        const uuid = ids.uuidv7(ms);
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(uuid.slice(0, 13).replace("-", ""), 16)).toBe(ms);
      }),
    );
  });

  it("never repeats", () => {
    expect(new Set(Array.from({ length: 10_000 }, () => ids.uuidv7(1))).size).toBe(10_000);
  });
});

describe("eventKey", () => {
  it("returns a canonical UUID unchanged", () => {
    const uuid = randomUUID();
    expect(ids.eventKey(uuid)).toBe(uuid);
    expect(ids.isUuid(uuid)).toBe(true);
  });

  it("returns the SHA-256 of any other id, including a UUID in another form", () => {
    const uuid = randomUUID();
    const others = [uuid.toUpperCase(), uuid.replaceAll("-", ""), `{${uuid}}`, `${uuid} `];
    for (const id of ["order-1", "ß", "😀", ...others]) {
      const hash = createHash("sha256").update(id).digest("hex").slice(0, 32);
      expect(ids.eventKey(id).replaceAll("-", "")).toBe(hash);
      expect(ids.eventKey(id)).toMatch(UUID);
    }
    expect(new Set([uuid, ...others].map(ids.eventKey)).size).toBe(5);
  });

  it("differs for different ids", () => {
    fc.assert(
      fc.property(fc.uniqueArray(text.filter((id) => id.isWellFormed())), (all) => {
        expect(new Set(all.map(ids.eventKey)).size).toBe(all.length);
      }),
    );
  });
});

describe("seenId", () => {
  it("is short, and differs for different ids", () => {
    const id = text.filter((candidate) => candidate.isWellFormed());
    const long = fc.string({ unit: "binary", minLength: 41, maxLength: 200 }).filter((s) => s.isWellFormed());
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(id, long)), (all) => {
        const seen = all.map(ids.seenId);
        expect(new Set(seen).size).toBe(all.length);
        for (const one of seen) expect(one.length).toBeLessThanOrEqual(44);
      }),
    );
  });

  it("keeps an id that looks like the hash of another apart from it", () => {
    const long = "x".repeat(200);
    const hashed = ids.seenId(long);
    expect(hashed).toMatch(/^#/);
    expect(ids.seenId(hashed)).not.toBe(hashed);
    expect(ids.seenId(hashed.slice(1))).not.toBe(hashed);
  });
});

describe("an API key", () => {
  it("contains its client id, for any allowed id", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,32}$/), (clientId) => {
        const secret = ids.newSecret(clientId);
        expect(ids.clientOfSecret(secret)).toBe(clientId);
        expect(secret.length).toBeLessThanOrEqual(256);
        expect(ids.secretPrefix(secret)).toBe(secret.slice(0, -39));
      }),
    );
  });

  it("of another format has no client, and a prefix of four characters", () => {
    const ours = ids.newSecret("acme");
    const others = [
      "sk_live_abcdefghijkl",
      ours.slice(0, -1),
      `${ours}x`,
      ours.toUpperCase(),
      ` ${ours}`,
      "",
    ];
    for (const secret of [...others, `weir__${"x".repeat(43)}`, `weir_${"a".repeat(33)}_${"x".repeat(43)}`]) {
      expect(ids.clientOfSecret(secret)).toBeUndefined();
      expect(ids.secretPrefix(secret)).toBe(secret.slice(0, 4));
    }
  });

  it("never repeats and is stored as its SHA-256", () => {
    expect(new Set(Array.from({ length: 1_000 }, () => ids.newSecret("acme"))).size).toBe(1_000);
    expect(ids.hashSecret("abc").toString("hex")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});

describe("hashPlace", () => {
  const seed = ids.placeSeed("postgres://weir:secret@db/weir");
  const spread = (make: (n: number) => string, by = seed): number[] => {
    const hashes = Array<number>(64).fill(0);
    for (let n = 0; n < 64_000; n++) {
      const first = Math.floor((ids.hashPlace(make(n), by) / ids.PLACES) * 64);
      hashes[first] = (hashes[first] ?? 0) + 1;
    }
    return hashes;
  };

  it.each<[string, (n: number) => string]>([
    ["random UUIDs", () => randomUUID()],
    ["UUIDs of one moment", (n) => ids.uuidv7(1_700_000_000_000 + (n >> 8))],
    ["counted ids", (n) => `order-${n}`],
    ["counted ids with one end", (n) => `${n}-order-placed`],
    ["numbers", String],
    ["ids of 200 characters", (n) => `${"x".repeat(190)}${n}`],
  ])("spreads %s evenly over the hashes of a layer", (_, make) => {
    // 1,000 each, with a standard deviation of 31.
    for (const count of spread(make)) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });

  it("returns the same integer below PLACES each time, for any text", () => {
    fc.assert(
      fc.property(text, (id) => {
        const place = ids.hashPlace(id, seed);
        expect(Number.isInteger(place) && place >= 0 && place < ids.PLACES).toBe(true);
        expect(ids.hashPlace(id, seed)).toBe(place);
      }),
    );
  });

  it("separates ids under one seed that collide under another", () => {
    const hostile: string[] = [];
    for (let n = 0; hostile.length < 6_400; n++)
      if (ids.hashPlace(`h${n}`, seed) < ids.PLACES / 64) hostile.push(`h${n}`);
    const counts = Array<number>(64).fill(0);
    for (const id of hostile) {
      const first = Math.floor((ids.hashPlace(id, ids.placeSeed("another")) / ids.PLACES) * 64);
      counts[first] = (counts[first] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(70);
  });
});

describe("generated ids", () => {
  it.each([
    ["client", ids.newClientId, /^c[0-9a-hjkmnp-tv-z]{10}$/],
    ["key", ids.newKeyId, /^k[0-9a-hjkmnp-tv-z]{12}$/],
  ])("of a %s have no ambiguous characters and never repeat", (_, make, pattern) => {
    const all = Array.from({ length: 1_000 }, make);
    for (const id of all) expect(id).toMatch(pattern);
    expect(new Set(all).size).toBe(1_000);
  });
});
