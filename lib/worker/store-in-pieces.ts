/**
 * Divides a batch into pieces. Usually one transaction stores it; after PostgreSQL rejects an event, smaller ones do, each
 * committed separately, so that valid events are stored whatever happens to the rest, and no transaction runs for long.
 */

import type { Log } from "../base/log.ts";
import type { Database } from "../postgres/client.ts";
import { isDataError, isTimeout, sqlState } from "../postgres/errors.ts";
import { type Store, storeAll, storeNarrowing, storeProbed } from "./store.ts";

/** Approximate limit of events per piece: about 100 ms of work. An item is never split. */
const PIECE_EVENTS = 2_000;

/** Ways to store; each handles rejections that the previous one cannot. */
type Way = "all" | "probed" | "narrowing";
const STORES: Record<Way, Store> = { all: storeAll, probed: storeProbed, narrowing: storeNarrowing };

interface Piece<M> {
  items: readonly M[];
  way: Way;
}

export interface PieceOptions<M> {
  /** Number of events of an item. */
  eventsOf: (item: M) => number;
  sql: Database;
  log: Log;
  /** When no further piece begins, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** Processes a piece in a transaction. Resolves with the number of rejected events. */
  process: (items: readonly M[], store: Store) => Promise<number>;
}

export interface Unprocessed<M> {
  /** Items that are themselves at fault. */
  failed: M[];
  /** Items for which time ran out or the database failed. */
  untried: M[];
}

/**
 * Databases that rejected an event or timed out with the last batch. Their next batch starts with pieces, which saves an
 * attempt that would fail. Removed after the first batch without rejections.
 */
const careful = new WeakSet<Database>();

/**
 * Processes items (messages that belong together), first all at once, then in smaller pieces, down to single items.
 * @throws the database's error, if nothing has been committed before
 */
export async function storeInPieces<M>(
  items: readonly M[],
  options: PieceOptions<M>,
): Promise<Unprocessed<M>> {
  const { sql, log, endsAt, eventsOf, process } = options;
  const failed: M[] = [];
  const pieces: Piece<M>[] = careful.has(sql) ? inPieces(items, eventsOf) : [{ items, way: "all" }];
  let refused = 0;
  let committed = false;
  for (let piece = pieces[0]; piece !== undefined && Date.now() < endsAt; piece = pieces[0]) {
    try {
      refused += await process(piece.items, STORES[piece.way]);
      committed = true;
      pieces.shift();
    } catch (error) {
      const fault = { items: piece.items.length, sqlstate: sqlState(error), error: error as Error };
      if (isTimeout(error)) careful.add(sql);
      if (!isDataError(error)) {
        if (!committed) throw error;
        log.warn("batch-interrupted", fault);
        break;
      }
      log.warn("batch-refused", fault);
      careful.add(sql);
      refused++;
      const narrower = narrow(piece, eventsOf);
      if (narrower.length === 0) failed.push(...piece.items);
      pieces.splice(0, 1, ...narrower);
    }
  }
  if (refused > 0) careful.add(sql);
  else if (pieces.length === 0) careful.delete(sql);
  return { failed, untried: pieces.flatMap((piece) => piece.items) };
}

/** @returns no pieces if there is no narrower way */
function narrow<M>({ items, way }: Piece<M>, eventsOf: (item: M) => number): Piece<M>[] {
  if (way === "all") return inPieces(items, eventsOf);
  if (items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    return [items.slice(0, middle), items.slice(middle)].map((half) => ({ items: half, way }));
  }
  return way === "probed" ? [{ items, way: "narrowing" }] : [];
}

function inPieces<M>(items: readonly M[], eventsOf: (item: M) => number): Piece<M>[] {
  const pieces: M[][] = [];
  let events = Number.POSITIVE_INFINITY;
  for (const item of items) {
    events += eventsOf(item);
    if (events > PIECE_EVENTS) {
      pieces.push([]);
      events = eventsOf(item);
    }
    pieces.at(-1)?.push(item);
  }
  return pieces.map((piece) => ({ items: piece, way: "probed" }));
}
