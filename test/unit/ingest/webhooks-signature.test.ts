import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WebhookKind } from "../../../lib/base/webhook-kind.ts";
import { SCHEMES } from "../../../lib/ingest/webhooks/delivery.ts";
import { NO_MATCH } from "../../../lib/ingest/webhooks/scheme.ts";
import {
  githubDelivery,
  type Sent,
  standardDelivery,
  stripeDelivery,
} from "../../support/webhooks/senders.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const OLD = "whsec_b2xkIHNlY3JldCBvZiAyNCBieXRlcyE=";
const NEW = "whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcyE=";
const BODY = '{"type":"a.b","id":"evt_1","name":"Größe 😀"}';

const check = (
  kind: WebhookKind,
  { headers, body }: { headers: Record<string, string | undefined>; body: string | Buffer },
  secrets: readonly string[] = [OLD],
  receivedMs = NOW,
): string | undefined => SCHEMES[kind].check({ headers, body: Buffer.from(body), receivedMs }, secrets);

const SIGNERS: Record<WebhookKind, (secret: string, body: string, at?: number) => Promise<Sent> | Sent> = {
  github: (secret, body) => githubDelivery(secret, "push", body),
  stripe: (secret, body, at = NOW) => stripeDelivery(secret, body, at),
  standard: (secret, body, at = NOW) => standardDelivery(secret, body, { at }),
};
const KINDS = Object.keys(SIGNERS) as WebhookKind[];
const SIGNATURE = {
  github: "x-hub-signature-256",
  stripe: "stripe-signature",
  standard: "webhook-signature",
};

describe.each(KINDS)("a signature of %s", (kind) => {
  const sign = (secret: string, body = BODY, at?: number) => SIGNERS[kind](secret, body, at);

  it("is valid with either of two secrets, and with no other", async () => {
    for (const secret of [OLD, NEW]) {
      const sent = await sign(secret);
      expect(check(kind, sent, [OLD, NEW])).toBeUndefined();
      expect(check(kind, sent, [NEW, OLD])).toBeUndefined();
      expect(check(kind, sent, [secret])).toBeUndefined();
      expect(check(kind, sent, [secret === OLD ? NEW : OLD])).toBe(NO_MATCH);
    }
  });

  it("covers each byte of the body", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, unit: "binary" }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (text, place, change) => {
          const body = text.toWellFormed();
          const sent = await sign(OLD, body);
          expect(check(kind, sent)).toBeUndefined();
          const bytes = Buffer.from(body);
          const at = place % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ change;
          expect(check(kind, { ...sent, body: bytes })).toBe(NO_MATCH);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("that is missing or malformed is refused, whatever it is", async () => {
    const { headers, body } = await sign(OLD);
    const name = SIGNATURE[kind];
    const with_ = (value: string | undefined) =>
      check(kind, { headers: { ...headers, [name]: value }, body });
    expect(with_(undefined)).toMatch(/ is missing\.$/);
    expect(with_("")).toMatch(/ is missing\.$/);
    const good = headers[name] ?? "";
    for (const value of [
      "x",
      ",",
      "v1,",
      "sha256=",
      `${good}00`,
      good.slice(0, -2),
      good.toUpperCase(),
      ` , ${"=".repeat(99)}`,
    ])
      expect(with_(value), value).toMatch(/malformed|No signature matches/);
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (value) => {
        expect(with_(value)).toBeTypeOf("string");
      }),
    );
  });
});

describe.each(["stripe", "standard"] as const)("the time of %s", (kind) => {
  const at = (seconds: number) => Promise.resolve(SIGNERS[kind](OLD, BODY, NOW + seconds * 1_000));

  it("may be 300 seconds ago, and no more", async () => {
    expect(check(kind, await at(-300))).toBeUndefined();
    expect(check(kind, await at(-301))).toMatch(/more than 300 seconds ago/);
  });

  it("may be ahead as far as the published library allows", async () => {
    expect(check(kind, await at(300))).toBeUndefined();
    const later = check(kind, await at(301));
    if (kind === "standard") expect(later).toMatch(/more than 300 seconds ahead/);
    else expect(later).toBeUndefined();
  });

  it("is covered by the signature", async () => {
    const { headers, body } = await at(-10);
    const text = JSON.stringify(headers).replaceAll(String(NOW / 1_000 - 10), String(NOW / 1_000 - 9));
    expect(check(kind, { headers: JSON.parse(text), body })).toBe(NO_MATCH);
  });
});

describe("Stripe", () => {
  it("may send signatures of two secrets, in any place, and of other schemes", () => {
    const old = stripeDelivery(OLD, BODY, NOW).headers["stripe-signature"] ?? "";
    const [time, v1Old] = old.split(",");
    const v1New = stripeDelivery(NEW, BODY, NOW).headers["stripe-signature"]?.split(",")[1];
    const other = `v1=${"0".repeat(64)}`;
    for (const header of [
      [time, v1Old, v1New],
      [v1New, other, time],
      [time, "v0=abc", other, v1New],
    ])
      expect(
        check("stripe", { headers: { "stripe-signature": header.join(",") }, body: BODY }, [NEW]),
      ).toBeUndefined();
    const only = [time, String(v1Old).replace("v1", "v0")].join(",");
    expect(check("stripe", { headers: { "stripe-signature": only }, body: BODY })).toMatch(/malformed/);
    const noTime = { headers: { "stripe-signature": String(v1Old) }, body: BODY };
    expect(check("stripe", noTime)).toMatch(/malformed/);
  });
});

describe("Standard Webhooks", () => {
  const sent = standardDelivery(OLD, BODY, { id: "msg_1", at: NOW });

  it("may send several signatures, also of other versions", () => {
    const other = standardDelivery(NEW, BODY, { id: "msg_1", at: NOW }).headers["webhook-signature"];
    const both = `v1a,abc ${other} ${sent.headers["webhook-signature"]} v2,x`;
    expect(
      check("standard", { ...sent, headers: { ...sent.headers, "webhook-signature": both } }),
    ).toBeUndefined();
  });

  it("covers the id", () => {
    expect(check("standard", { ...sent, headers: { ...sent.headers, "webhook-id": "msg_2" } })).toBe(
      NO_MATCH,
    );
  });

  it.each(["webhook-id", "webhook-timestamp"])("is refused without %s", (name) => {
    const headers = { ...sent.headers, [name]: undefined };
    expect(check("standard", { ...sent, headers })).toBe(`The header ${name} is missing.`);
  });

  it.each(["", "soon", "-1", "1e9", "0x1", "1764417600.0", " 1764417600", "9".repeat(20)])(
    "is refused with %j as its time",
    (timestamp) => {
      const headers = { ...sent.headers, "webhook-timestamp": timestamp };
      expect(check("standard", { ...sent, headers })).toMatch(/malformed|missing/);
    },
  );

  it("accepts the names of Svix, a secret without prefix, and the example of the specification's library", () => {
    const svix = standardDelivery(OLD, BODY, { at: NOW, name: "svix" });
    expect(check("standard", svix)).toBeUndefined();
    expect(check("standard", sent, [OLD.slice("whsec_".length)])).toBeUndefined();
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/index.test.ts
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const example = { headers, body: '{"test": 2432232314}' };
    const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    expect(check("standard", example, secrets, 1_614_265_330_000)).toBeUndefined();
  });
});

describe("GitHub", () => {
  it("accepts the example of its documentation", () => {
    const headers = {
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    expect(
      check("github", { headers, body: "Hello, World!" }, ["It's a Secret to Everybody"]),
    ).toBeUndefined();
  });

  it("does not accept the older SHA-1", () => {
    const sha1 = `sha1=${createHmac("sha1", OLD).update(BODY).digest("hex")}`;
    const headers = { "x-hub-signature": sha1, "x-hub-signature-256": sha1 };
    expect(check("github", { headers, body: BODY })).toMatch(/malformed/);
  });
});
