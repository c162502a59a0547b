import { commitmentOf, leafOf } from "./entry.ts";
import { safely, wrong } from "./faults.ts";
import { rootOf } from "./merkle.ts";
import type { EntryItem, Fault, LeafItem, SealItem } from "./trail.ts";
import type { Counts } from "./verification.ts";

type Item = EntryItem | LeafItem;

export const locate = (item: Item): Omit<Fault, "kind" | "reason"> => ({
  lane: item.lane,
  seal: item.seal,
  leaf: item.leaf,
  ...(item.type === "entry" && { request_id: item.entry.request_id }),
});

/** A seal whose entries are being read. */
export class OpenSeal {
  readonly seal: SealItem;
  /** True if all of its entries must be present. */
  readonly #complete: boolean;
  /** True if entries may be missing because they have expired. */
  readonly #expired: boolean;
  /** Hashes of the leaves read, in order. */
  readonly #hashes: string[] = [];
  readonly #counts = { entries: 0, erased: 0, withheld: 0 };
  /** The first missing leaf. */
  #missing: number | undefined;
  #next = 0;

  constructor(seal: SealItem, complete: boolean, expired: boolean) {
    this.seal = seal;
    this.#complete = complete;
    this.#expired = expired;
  }

  has({ lane, seal }: Item): boolean {
    return lane === this.seal.lane && seal === this.seal.seal;
  }

  /** @throws {Wrong} */
  add(item: Item): void {
    const { leaf, hash } = item;
    const place = locate(item);
    if (leaf >= this.seal.entries || leaf < 0)
      wrong("entry", place, `the seal has only ${this.seal.entries} entries`);
    if (leaf < this.#next) wrong("entry", place, "the entry is out of order or duplicated");
    if (leaf > this.#next) this.#missing ??= this.#next;
    this.#next = leaf + 1;
    if (item.type === "entry") this.#check(item, place);
    else if (this.#complete) wrong("entry", place, "the entry is missing, but the export has no filter");
    else this.#counts.withheld += 1;
    this.#hashes.push(hash);
  }

  #check({ entry, personal, hash }: EntryItem, place: Omit<Fault, "kind" | "reason">): void {
    if (safely(() => leafOf(entry)) !== hash)
      wrong("entry", place, "the entry was changed: its hash differs");
    if (entry.at.slice(0, 10) !== this.seal.day)
      wrong("entry", place, `the entry's day differs from its seal's day, ${this.seal.day}`);
    if (personal && safely(() => commitmentOf(personal)) !== entry.personal)
      wrong("entry", place, "the entry's address, user agent or salt was changed");
    this.#counts.entries += 1;
    if (personal === null) this.#counts.erased += 1;
  }

  /** Call after the last entry. @returns the seal's counts @throws {Wrong} */
  close(): Partial<Counts> {
    const { lane, seal, entries, root } = this.seal;
    const missing = entries - this.#hashes.length;
    const counts = { ...this.#counts, seals: 1 };
    if (missing === 0) {
      if (rootOf(this.#hashes) !== root)
        wrong("seal", { lane, seal }, "the entries are not those that were sealed: their root differs");
      return counts;
    }
    if (this.#expired) return { ...counts, expired: missing };
    if (this.#hashes.length === 0 && !this.#complete) return { ...counts, withheld: missing };
    return wrong(
      "entry",
      { lane, seal, leaf: this.#missing ?? this.#next },
      "the entry is missing, and no checkpoint confirms that it has expired",
    );
  }
}
