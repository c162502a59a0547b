/** The check in the browser against that of `lib/trail`, on valid and on falsified proofs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Checkpoint, keyId, type LaneHead } from "../../../lib/trail/checkpoint.ts";
import { inclusionPath, rootFromPath, rootOf } from "../../../lib/trail/merkle.ts";
import { checkProof as checkOnServer, type Proof, parseProof } from "../../../lib/trail/prove.ts";
import { type Seal, type SealContent, sealed } from "../../../lib/trail/seal.ts";
import type { EntryItem } from "../../../lib/trail/trail.ts";
import {
  checkProof,
  type Proof as SentProof,
  type Step,
  verdict,
} from "../../../web/dashboard/views/audit/check-proof.ts";
import { digest, readPublicKeys } from "../../../web/dashboard/views/audit/hashes.ts";
import { climb } from "../../../web/dashboard/views/audit/inclusion.ts";
import { key, keys, type Lies, trail } from "../../support/audit/made-trail.ts";
import { signingKey } from "../../support/audit/trail.ts";

const pemOf = ({ publicKey }: ReturnType<typeof signingKey>): string =>
  publicKey.export({ type: "spki", format: "pem" }).toString();
const publicKeys = readPublicKeys(pemOf(key));

const proofOf = (number: number, leaf: number, lies: Lies = {}): Proof => {
  const { items, checkpoints } = trail(lies);
  const seals = items.filter((item) => item.type === "seal").map(({ type: _, ...one }): Seal => one);
  const entries = items.filter((item): item is EntryItem => item.type === "entry" && item.seal === number);
  const [seal] = seals.filter((one) => one.seal === number);
  const checkpoint = checkpoints.find(({ lanes }) => (lanes[0]?.seals ?? 0) >= number);
  const { entry, personal, hash } = entries[leaf] as EntryItem;
  return {
    v: 1,
    entry,
    personal,
    leaf,
    hash,
    path: inclusionPath(
      entries.map((one) => one.hash),
      leaf,
    ),
    seal: seal as Seal,
    chain: seals.filter((one) => one.seal > number && one.seal <= (checkpoint?.lanes[0]?.seals ?? 0)),
    checkpoint: checkpoint as Checkpoint,
    note: null,
  };
};

const check = (proof: unknown, known = publicKeys, requestId?: string): Step[] =>
  checkProof(proof as SentProof, {
    requestId: requestId ?? (proof as Proof).entry.request_id,
    publicKeys: known,
  });
const invalidSteps = (steps: readonly Step[]): string[] =>
  steps.filter(({ outcome }) => outcome === "invalid").map(({ name }) => name);

/** False also for what `lib/trail` refuses to parse. */
function isValidOnServer(text: string): boolean {
  try {
    return checkOnServer(parseProof(text), keys) === undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Every scalar of a JSON value, as the path to it. */
function* scalars(value: unknown, path: string[] = []): Generator<string[]> {
  if (typeof value !== "object" || value === null) yield path;
  else for (const [name, member] of Object.entries(value)) yield* scalars(member, [...path, name]);
}

const spoil = (value: unknown): unknown => {
  if (typeof value === "number") return value + 1;
  if (typeof value !== "string" || value === "") return "changed";
  return (value.startsWith("1") ? "2" : "1") + value.slice(1);
};

function spoiled(proof: Proof, [...path]: string[]): string {
  const copy = JSON.parse(JSON.stringify(proof)) as Record<string, unknown>;
  const last = path.pop() ?? "";
  const parent = path.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  parent[last] = spoil(parent[last]);
  return JSON.stringify(copy);
}

const every = [1, 2, 3, 4].flatMap((seal) => [0, 1, 2].map((leaf) => [seal, leaf] as const));

describe("a proof", () => {
  it.each(every)("of seal %i, leaf %i is valid in every step", (seal, leaf) => {
    const steps = check(JSON.parse(JSON.stringify(proofOf(seal, leaf))));
    expect(steps.map(({ outcome }) => outcome)).toEqual(Array(7).fill("valid"));
  });

  it("is invalid after any change, exactly when lib/trail says so", () => {
    const proof = proofOf(1, 0);
    const paths = [...scalars(proof)].filter(([first]) => first !== "note");
    expect(paths.length).toBeGreaterThan(40);
    const verdicts = paths.map((path) => {
      const text = spoiled(proof, path);
      return { path: path.join("."), page: verdict(check(JSON.parse(text))), server: isValidOnServer(text) };
    });
    expect(verdicts.filter(({ page, server }) => (page === "valid") !== server)).toEqual([]);
    expect(verdicts.filter(({ page }) => page === "valid")).toEqual([]);
  });

  it.each<[string, (proof: Proof) => object, string[]]>([
    ["a changed entry", ({ entry }) => ({ entry: { ...entry, status: 500 } }), ["entry"]],
    ["an additional member", ({ entry }) => ({ entry: { ...entry, note: "" } }), ["entry"]],
    [
      "another address",
      ({ personal }) => ({ personal: { ...personal, address: "192.0.2.9" } }),
      ["personal"],
    ],
    ["a shorter path", ({ path }) => ({ path: path.slice(1) }), ["path"]],
    ["a longer path", ({ path }) => ({ path: [...path, ...path] }), ["path"]],
    ["a path that is no list of hashes", () => ({ path: ["zz"] }), ["path"]],
    ["upper-case hashes", ({ path }) => ({ path: path.map((one) => one.toUpperCase()) }), ["path"]],
    ["a seal left out", () => ({ chain: [] }), ["checkpoint"]],
    ["no chain at all", () => ({ chain: undefined }), ["seals", "checkpoint"]],
    ["an unknown version", () => ({ v: 2 }), ["request"]],
  ])("with %s is invalid, and the step is named", (_, change, steps) => {
    const proof = proofOf(1, 0);
    expect(invalidSteps(check({ ...proof, ...change(proof) }))).toEqual(steps);
  });

  it.each<[string, Partial<SealContent>]>([
    ["follows another seal", { previous: "1".repeat(64) }],
    ["leaves a number out", { seal: 3 }],
    ["is of another lane", { lane: 1 }],
    ["counts other entries before it", { total: 7 }],
  ])("whose next seal %s is invalid, although the seal has its hash", (_, change) => {
    const proof = proofOf(1, 0);
    const chain = proof.chain.map(({ hash: _, ...content }) => sealed({ ...content, ...change }));
    expect(invalidSteps(check({ ...proof, chain }))).toContain("seals");
    expect(checkOnServer({ ...proof, chain }, keys)?.kind).toBe("seal");
  });

  it.each([{ head: "1".repeat(64) }, { seals: 1 }, { entries: 5 }, { lane: 3 }])(
    "whose checkpoint has another head, %j, is invalid, although the checkpoint is signed",
    (change) => {
      const proof = proofOf(1, 0);
      const [head] = proof.checkpoint?.lanes ?? [];
      const lies: Lies = { checkpoint: (one) => ({ ...one, lanes: [{ ...head, ...change } as LaneHead] }) };
      const { checkpoints } = trail(lies);
      const spoilt = { ...proof, checkpoint: checkpoints[0] as Checkpoint };
      expect(invalidSteps(check(spoilt))).toEqual(["checkpoint"]);
      expect(checkOnServer(spoilt, keys)?.kind).toBe("checkpoint");
    },
  );

  it("whose seal is of another day than the entry is invalid", () => {
    const proof = proofOf(2, 1, { seal: (content) => ({ ...content, day: "2026-03-02" }) });
    expect(invalidSteps(check(proof))).toEqual(["path"]);
    expect(checkOnServer(proof, keys)?.kind).toBe("entry");
  });

  it("of another call than the one asked for is invalid", () => {
    const steps = check(proofOf(2, 1), publicKeys, "0190aaaa-0000-7000-8000-00000000000f");
    expect(invalidSteps(steps)).toEqual(["request"]);
  });

  it("without an address, a checkpoint or a key says what was not checked", () => {
    const note = "There is no checkpoint after the entry's seal yet.";
    const outcomes = (change: object, known = publicKeys) =>
      check({ ...proofOf(4, 2), ...change }, known)
        .filter(({ outcome }) => outcome === "unchecked")
        .map(({ name }) => name);
    expect(outcomes({ personal: null })).toEqual(["personal"]);
    expect(outcomes({ checkpoint: null, note })).toEqual(["checkpoint", "signature"]);
    expect(outcomes({}, [])).toEqual(["signature"]);
  });

  it("signed with another key is invalid", () => {
    expect(invalidSteps(check(proofOf(1, 1), readPublicKeys(pemOf(signingKey()))))).toEqual(["signature"]);
  });
});

describe("climb", () => {
  it("computes the root of trees of any size, and rejects what lib/trail rejects", () => {
    const size = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(
        size,
        fc.nat(80),
        fc.nat(80),
        fc.integer({ min: -1, max: 1 }),
        (leaves, at, other, longer) => {
          const hashes = Array.from({ length: leaves }, (_, leaf) => digest(Uint8Array.of(leaf)));
          const leaf = at % leaves;
          const path = inclusionPath(hashes, leaf);
          const hash = hashes[leaf] ?? "";
          expect(climb(hash, leaf, leaves, path)).toBe(rootOf(hashes));
          expect(climb(hash, other, leaves, path)).toBe(rootFromPath(hash, other, leaves, path));
          expect(climb(hash, leaf, leaves + longer, path)).toBe(
            rootFromPath(hash, leaf, leaves + longer, path),
          );
        },
      ),
    );
  });
});

describe("readPublicKeys", () => {
  it("reads several keys with the ids that checkpoints use", () => {
    const other = signingKey();
    const read = readPublicKeys(`# ours\n${pemOf(key)}\n${pemOf(other)}`);
    expect(read.map(({ id }) => id)).toEqual([keyId(key.publicKey), keyId(other.publicKey)]);
  });

  it.each([
    ["", "no public key"],
    ["-----BEGIN PUBLIC KEY-----\n====\n-----END PUBLIC KEY-----", "not base64"],
    ["-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ==\n-----END PUBLIC KEY-----", "not an Ed25519 key"],
  ])("says what is wrong with %j", (text, reason) => {
    expect(() => readPublicKeys(text)).toThrow(reason);
  });
});
