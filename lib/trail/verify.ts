/** Verifies a trail item by item, with memory use independent of its length. */
import type { KeyObject } from "node:crypto";
import { type Checkpoint, type CheckpointContent, checkpointHash } from "./checkpoint.ts";
import { CopyChecks } from "./copies.ts";
import { checkSignature, hasExpired, isNotBefore, Wrong, wrong } from "./faults.ts";
import { locate, OpenSeal } from "./open-seal.ts";
import { NO_SEAL, sealHash } from "./seal.ts";
import type {
  CheckpointItem,
  EntryItem,
  Fault,
  LeafItem,
  SealItem,
  TrailHeader,
  TrailItem,
} from "./trail.ts";
import type { Counts, Progress, Reached, Verification } from "./verification.ts";

export interface VerifierOptions {
  /** Checkpoints must be signed by one of these; if empty, signatures are not checked. */
  publicKeys: readonly KeyObject[];
  /** Checkpoints that an auditor has kept. */
  copies?: readonly Checkpoint[];
  /** True if a seal of this day must have all its entries. By default, if the header has no filter. */
  wants?: (day: string) => boolean;
  /** State in which an earlier verifier ended. */
  resume?: Progress;
}

const START: Reached = { seals: 0, entries: 0, head: NO_SEAL };
const UNKNOWN = "";
const DAY = /^\d{4}-\d\d-\d\d$/;

/** Call `push` with the items in order, then `end` once. */
export class TrailVerifier {
  readonly #keys: readonly KeyObject[];
  readonly #copies: CopyChecks;
  readonly #wants: ((day: string) => boolean) | undefined;
  readonly #counts: Counts;
  readonly #lanes: Map<number, Reached>;
  #checkpoint: CheckpointContent | null;
  /** True if an earlier verifier has read the start of the trail. */
  readonly #resumed: boolean;
  #header: TrailHeader | undefined;
  #open: OpenSeal | undefined;
  #fault: Fault | undefined;

  constructor({ publicKeys, copies = [], wants, resume }: VerifierOptions) {
    this.#keys = publicKeys;
    this.#copies = new CopyChecks(copies);
    this.#wants = wants;
    this.#counts = {
      entries: 0,
      seals: 0,
      checkpoints: 0,
      withheld: 0,
      expired: 0,
      erased: 0,
      ...resume?.counts,
    };
    this.#lanes = new Map(resume?.lanes);
    this.#checkpoint = resume?.checkpoint ?? null;
    this.#resumed = resume !== undefined;
  }

  /** The first fault; later items are ignored. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  get counts(): Counts {
    return { ...this.#counts };
  }

  push(item: TrailItem): void {
    this.#try(() => this.#read(item));
  }

  /** Call at the end of a part, whether or not the trail ends there. */
  pause(): void {
    this.#try(() => this.#close());
  }

  end(): Verification {
    this.#try(() => this.#finish());
    return this.result();
  }

  result(): Verification {
    const checkpoint = this.#checkpoint;
    return {
      valid: this.#fault === undefined,
      signatures: this.#keys.length > 0 ? "checked" : "unchecked",
      ...this.#counts,
      head: {
        lanes: [...this.#lanes]
          .sort(([a], [b]) => a - b)
          .map(([lane, { seals, entries, head }]) => ({ lane, seals, entries, head })),
        checkpoint: checkpoint && {
          checkpoint: checkpoint.checkpoint,
          made_at: checkpoint.made_at,
          hash: checkpointHash(checkpoint),
        },
      },
      ...(this.#fault && { first_invalid: this.#fault }),
    };
  }

  #try(run: () => void): void {
    if (this.#fault) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.#fault = error.fault;
    }
  }

  #read(item: TrailItem): void {
    if (item.type === "fault") {
      // A fault in a line is reported before the entries that are missing because of it.
      if (item.line === undefined) this.#close();
      const { type: _, ...fault } = item;
      throw new Wrong(fault);
    }
    if (this.#header === undefined) {
      if (item.type !== "trail") wrong("file", {}, "the trail does not begin with its header");
      else this.#begin(item);
      return;
    }
    if (item.type === "entry" || item.type === "leaf") {
      this.#leaf(item);
      return;
    }
    this.#close();
    if (item.type === "seal") this.#seal(item, this.#header);
    else if (item.type === "checkpoint") this.#check(item, this.#header);
    else wrong("file", {}, "there is a second header");
  }

  #begin(header: TrailHeader): void {
    this.#header = header;
    const { newest_checkpoint: newest, expired_before: expired } = header;
    if (expired !== null && !DAY.test(expired))
      wrong("file", {}, "the header's expired_before is not a date");
    if (newest) checkSignature(newest, this.#keys, "the newest checkpoint");
    for (const copy of this.#copies.all) checkSignature(copy, this.#keys, "your copy of the checkpoint");
    if (this.#resumed) return;
    for (const { lane, from } of header.lanes) {
      if (this.#lanes.has(lane)) wrong("file", { lane }, "the header names the lane twice");
      // The checkpoint at the start of such a trail supplies the rest.
      this.#lanes.set(lane, from === 1 ? START : { seals: from - 1, entries: 0, head: UNKNOWN });
    }
    for (const { lane, from } of header.lanes) if (from === 1) this.#compareCopies(lane, START);
  }

  #seal(item: SealItem, header: TrailHeader): void {
    const { lane, seal, previous, entries, total, hash } = item;
    const place = { lane, seal };
    const before = this.#lanes.get(lane) ?? wrong("seal", place, "the trail's header does not list its lane");
    if (before.head === UNKNOWN) wrong("seal", place, "no checkpoint defines where the trail begins");
    const next = { lane, seal: before.seals + 1 };
    if (seal > next.seal) wrong("seal", next, `the seal is missing: the next in the lane is seal ${seal}`);
    if (seal < next.seal) wrong("seal", place, `the seal is out of order: expected seal ${next.seal}`);
    if (seal > this.#seals(lane)) wrong("seal", place, "the seal is beyond the end of its lane");
    if (sealHash(item) !== hash) wrong("seal", place, "the seal was changed: its hash differs");
    if (previous !== before.head)
      wrong("seal", place, "the seal does not follow the previous one, whose hash differs");
    if (entries < 1 || total !== before.entries + entries)
      wrong("seal", place, `the seal counts ${total} entries in its lane, not ${before.entries + entries}`);
    if (!DAY.test(item.day)) wrong("seal", place, "the seal's day is not a date");
    this.#open = new OpenSeal(item, this.#mustBeWhole(item.day, header), hasExpired(item.day, header));
  }

  /** Number of seals in a lane at the end of the trail. */
  #seals(lane: number): number {
    return this.#header?.lanes.find((one) => one.lane === lane)?.seals ?? 0;
  }

  #leaf(item: EntryItem | LeafItem): void {
    if (this.#open?.has(item)) {
      this.#open.add(item);
      return;
    }
    this.#close();
    wrong("entry", locate(item), "the entry is not in any seal");
  }

  /** Closes the open seal, if any. */
  #close(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { lane, seal, total, hash } = open.seal;
    for (const [name, count] of Object.entries(open.close()) as [keyof Counts, number][])
      this.#counts[name] += count;
    const reached: Reached = { seals: seal, entries: total, head: hash };
    this.#lanes.set(lane, reached);
    this.#compareCopies(lane, reached);
  }

  #mustBeWhole(day: string, { filter }: TrailHeader): boolean {
    return this.#wants ? this.#wants(day) : Object.keys(filter).length === 0;
  }

  #check(item: CheckpointItem, header: TrailHeader): void {
    const { checkpoint, previous, made_at } = item;
    const before = this.#checkpoint;
    const anchors = [...this.#lanes.values()].some(({ head }) => head === UNKNOWN);
    const place = { checkpoint };
    if (!anchors) {
      const next = (before?.checkpoint ?? 0) + 1;
      if (checkpoint > next)
        wrong("checkpoint", { checkpoint: next }, `the checkpoint is missing: the next is ${checkpoint}`);
      if (checkpoint < next) wrong("checkpoint", place, `the checkpoint is out of order: expected ${next}`);
    }
    if (checkpoint > header.checkpoints)
      wrong("checkpoint", place, "the checkpoint is beyond the trail's last one");
    checkSignature(item, this.#keys, "the checkpoint");
    if (!anchors && previous !== (before ? checkpointHash(before) : NO_SEAL))
      wrong("checkpoint", place, "the checkpoint does not follow the previous one, whose hash differs");
    if (before && !isNotBefore(made_at, before.made_at))
      wrong("checkpoint", place, "the checkpoint is older than the previous one");
    this.#checkHeads(item, anchors);
    if (this.#copies.byNumber(checkpoint).some((copy) => checkpointHash(copy) !== checkpointHash(item)))
      wrong("checkpoint", place, "the checkpoint differs from your copy of it");
    this.#checkpoint = item;
    this.#counts.checkpoints += 1;
  }

  /** @param anchors true if the trail begins here, so that the checkpoint defines where lanes begin */
  #checkHeads({ checkpoint, lanes }: Checkpoint, anchors: boolean): void {
    for (const { lane, seals, entries, head } of lanes) {
      const place = { checkpoint, lane };
      const reached = this.#lanes.get(lane) ?? wrong("checkpoint", place, "the trail has no such lane");
      if (reached.seals < seals && seals <= this.#seals(lane))
        wrong("seal", { lane, seal: reached.seals + 1 }, "the seal is missing");
      if (reached.seals !== seals)
        wrong(
          "checkpoint",
          place,
          `the checkpoint has ${seals} seals in the lane, but the trail has ${reached.seals}`,
        );
      if (anchors && reached.head === UNKNOWN) this.#lanes.set(lane, { seals, entries, head });
      else if (reached.head !== head || reached.entries !== entries)
        wrong(
          "checkpoint",
          { ...place, seal: seals },
          "the checkpoint and the trail have different heads for the lane",
        );
    }
    const listed = new Set(lanes.map(({ lane }) => lane));
    for (const [lane, { seals }] of this.#lanes)
      if (seals > 0 && !listed.has(lane))
        wrong("checkpoint", { checkpoint, lane }, "the checkpoint omits the lane");
  }

  #compareCopies(lane: number, reached: Reached): void {
    for (const { checkpoint, head } of this.#copies.passing(lane, reached.seals))
      if (head.head !== reached.head || head.entries !== reached.entries)
        wrong(
          "checkpoint",
          { checkpoint, lane, seal: reached.seals },
          `lane ${lane} differs from your copy of checkpoint ${checkpoint} at its seal ${reached.seals}`,
        );
  }

  #finish(): void {
    const header = this.#header ?? wrong("file", {}, "the file is empty: it has no header");
    this.#close();
    for (const { lane, seals, entries, head } of header.lanes) {
      const reached = this.#lanes.get(lane) ?? START;
      if (reached.seals < seals)
        wrong("seal", { lane, seal: reached.seals + 1 }, `the seal is missing: its lane has ${seals}`);
      if (reached.head === UNKNOWN) wrong("file", { lane }, "no checkpoint defines where the trail begins");
      if (reached.head !== head || reached.entries !== entries)
        wrong("seal", { lane, seal: seals }, "the lane's head is not this seal, or its entry count differs");
    }
    const last = this.#checkpoint?.checkpoint ?? 0;
    if (last < header.checkpoints) wrong("checkpoint", { checkpoint: last + 1 }, "the checkpoint is missing");
    const { newest_checkpoint: newest, filter } = header;
    if (
      newest &&
      newest.checkpoint === last &&
      this.#checkpoint &&
      checkpointHash(newest) !== checkpointHash(this.#checkpoint)
    )
      wrong("checkpoint", { checkpoint: last }, "the checkpoint differs from the newest one in the header");
    if (filter.end !== undefined) return;
    const beyond = this.#copies.beyond(last, this.#lanes);
    if (beyond)
      wrong(
        "checkpoint",
        { checkpoint: beyond.checkpoint },
        "the trail ends before your copy of this checkpoint: it was exported earlier, or its newest rows were deleted",
      );
  }
}
