import type { Checkpoint, LaneHead } from "./checkpoint.ts";
import type { Reached } from "./verification.ts";

/** A lane's head as somebody's own copy of a checkpoint has it. */
export interface CopiedHead {
  checkpoint: number;
  head: LaneHead;
}

/** Checkpoints that an auditor has kept, to be compared with a trail as it passes. */
export class CopyChecks {
  readonly all: readonly Checkpoint[];
  readonly #byNumber: ReadonlyMap<number, Checkpoint[]>;
  /** By "lane seals". */
  readonly #byHead: ReadonlyMap<string, CopiedHead[]>;

  constructor(copies: readonly Checkpoint[]) {
    this.all = copies;
    this.#byNumber = Map.groupBy(copies, ({ checkpoint }) => checkpoint);
    const heads = copies.flatMap(({ checkpoint, lanes }) => lanes.map((head) => ({ checkpoint, head })));
    this.#byHead = Map.groupBy(heads, ({ head }) => `${head.lane} ${head.seals}`);
  }

  byNumber(checkpoint: number): readonly Checkpoint[] {
    return this.#byNumber.get(checkpoint) ?? [];
  }

  /** The heads that were copied when the lane had so many seals. */
  passing(lane: number, seals: number): readonly CopiedHead[] {
    return this.#byHead.get(`${lane} ${seals}`) ?? [];
  }

  /** A copy that is newer than where a trail ends. */
  beyond(checkpoint: number, lanes: ReadonlyMap<number, Reached>): Checkpoint | undefined {
    return this.all.find(
      (copy) =>
        copy.checkpoint > checkpoint ||
        copy.lanes.some(({ lane, seals }) => seals > (lanes.get(lane)?.seals ?? 0)),
    );
  }
}
