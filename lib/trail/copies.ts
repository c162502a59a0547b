import type { Checkpoint, LaneHead } from "./checkpoint.ts";
import type { Reached } from "./verification.ts";

/** A lane's head in an auditor's copy of a checkpoint. */
export interface CopiedHead {
  checkpoint: number;
  head: LaneHead;
}

/** Checkpoints that an auditor has kept, for comparison with a trail as it is read. */
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

  /** The copied heads of the lane at this number of seals. */
  passing(lane: number, seals: number): readonly CopiedHead[] {
    return this.#byHead.get(`${lane} ${seals}`) ?? [];
  }

  /** Finds a copy that is newer than the end of the trail. */
  beyond(checkpoint: number, lanes: ReadonlyMap<number, Reached>): Checkpoint | undefined {
    return this.all.find(
      (copy) =>
        copy.checkpoint > checkpoint ||
        copy.lanes.some(({ lane, seals }) => seals > (lanes.get(lane)?.seals ?? 0)),
    );
  }
}
