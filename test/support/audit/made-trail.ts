/** A trail made in memory, valid or falsified. */
import { sign } from "node:crypto";
import {
  type Checkpoint,
  type CheckpointContent,
  checkpointHash,
  keyId,
} from "../../../lib/trail/checkpoint.ts";
import { commitmentOf, type Entry, leafOf } from "../../../lib/trail/entry.ts";
import { rootOf } from "../../../lib/trail/merkle.ts";
import { NO_SEAL, type SealContent, sealed } from "../../../lib/trail/seal.ts";
import type { EntryItem, TrailHeader, TrailItem } from "../../../lib/trail/trail.ts";
import { signingKey } from "./trail.ts";

export const key = signingKey();
export const keys = [key.publicKey];

export const entryAt = (seal: number, leaf: number): EntryItem => {
  // Not a line end, though some libraries treat it as one.
  const personal = { salt: "00ff".repeat(8), address: "192.0.2.1", user_agent: "a\u2028b" };
  const entry: Entry = {
    v: 1,
    at: `2026-03-01T00:00:0${seal}.00000${leaf}Z`,
    request_id: `0190aaaa-0000-7000-8000-00000000000${leaf}`,
    client_id: "acme",
    key_prefix: null,
    method: "GET",
    route: "/v1/events",
    path: "/v1/events",
    status: 200,
    duration_ms: 3,
    bytes_in: 0,
    bytes_out: 10,
    change: leaf === 0 ? { before: null, after: { name: "ü", __proto__: null } } : null,
    personal: commitmentOf(personal),
  };
  return { type: "entry", lane: 0, seal, leaf, hash: leafOf(entry), entry, personal };
};

/** Falsifications that are applied before the trail is hashed and signed. */
export interface Lies {
  entries?: (seal: number, entries: EntryItem[]) => TrailItem[];
  seal?: (content: SealContent) => SealContent;
  checkpoint?: (content: CheckpointContent) => CheckpointContent;
  header?: (header: TrailHeader) => TrailHeader;
}

/** Four seals of three entries in one lane, with a checkpoint after each second. */
export function trail(lies: Lies = {}): { items: TrailItem[]; checkpoints: Checkpoint[] } {
  const items: TrailItem[] = [];
  const checkpoints: Checkpoint[] = [];
  let head = NO_SEAL;
  for (let number = 1; number <= 4; number++) {
    const entries = [0, 1, 2].map((leaf) => entryAt(number, leaf));
    const told = lies.seal ?? ((content) => content);
    const one = sealed(
      told({
        v: 1,
        lane: 0,
        seal: number,
        day: "2026-03-01",
        entries: 3,
        total: number * 3,
        sealed_at: "2026-03-01T00:01:00.000000Z",
        root: rootOf(entries.map(({ hash }) => hash)),
        previous: head,
      }),
    );
    head = one.hash;
    items.push({ type: "seal", ...one }, ...(lies.entries?.(number, entries) ?? entries));
    if (number % 2) continue;
    const before = checkpoints.at(-1);
    const honest: CheckpointContent = {
      v: 1,
      checkpoint: number / 2,
      made_at: `2026-03-01T00:0${number}:00Z`,
      previous: before ? checkpointHash(before) : NO_SEAL,
      lanes: [{ lane: 0, seals: number, entries: number * 3, head }],
      expired_before: null,
      key_id: keyId(key.publicKey),
    };
    const content = lies.checkpoint?.(honest) ?? honest;
    const signature = sign(null, Buffer.from(checkpointHash(content), "hex"), key.privateKey).toString("hex");
    checkpoints.push({ ...content, signature });
    items.push({ type: "checkpoint", ...content, signature });
  }
  const header: TrailHeader = {
    type: "trail",
    v: 1,
    made_at: "2026-03-02T00:00:00Z",
    filter: {},
    lanes: [{ lane: 0, from: 1, seals: 4, entries: 12, head }],
    checkpoints: 2,
    expired_before: null,
    newest_checkpoint: checkpoints.at(-1) ?? null,
  };
  return { items: [lies.header?.(header) ?? header, ...items], checkpoints };
}
