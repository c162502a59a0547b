/** Outcomes of records, which come in any order, kept in the records' order. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A record that was not accepted. */
export interface Rejection {
  line: number;
  /** Such as `invalid-event`; null if the record was not sent. */
  code: string | null;
  detail: string;
  /** The record's text. */
  record: string;
}

export interface LedgerState {
  done: number;
  rejected: number;
  rejectedBytes: number;
}

/** Knows up to which record all have an outcome, and writes the rejected ones up to there to a file. */
export class Ledger {
  /** Outcomes of records after one that has none yet. */
  readonly #later = new Map<number, Rejection | undefined>();
  readonly #file: string;
  #descriptor: number | undefined;
  #lines: string[] = [];
  readonly #state: LedgerState;
  /** Rejected in this run, those after a record without an outcome included. */
  rejected = 0;

  /** @param file of rejected records; made with the first of them @param state where an earlier run was */
  constructor(file: string, state: LedgerState) {
    this.#file = file;
    this.#state = { ...state };
  }

  /** Records an outcome. @param rejection undefined if the record was accepted */
  settle(ordinal: number, rejection?: Rejection): void {
    if (rejection) this.rejected++;
    this.#later.set(ordinal, rejection);
    for (let next = this.#state.done + 1; this.#later.has(next); next = this.#state.done + 1) {
      const settled = this.#later.get(next);
      this.#later.delete(next);
      this.#state.done = next;
      if (settled) {
        this.#lines.push(`${JSON.stringify(settled)}\n`);
        this.#state.rejected++;
      }
    }
  }

  /** Writes the rejected records up to here. @returns the state that includes them */
  flush(): LedgerState {
    if (this.#lines.length > 0) {
      const text = Buffer.from(this.#lines.join(""));
      this.#lines = [];
      writeSync(this.#open(), text, 0, text.length, this.#state.rejectedBytes);
      this.#state.rejectedBytes += text.length;
    }
    return { ...this.#state };
  }

  /** Without what a run that crashed wrote after its last state. */
  #open(): number {
    if (this.#descriptor === undefined) {
      this.#descriptor = openSync(this.#file, this.#state.rejectedBytes > 0 ? "r+" : "w", 0o600);
      ftruncateSync(this.#descriptor, this.#state.rejectedBytes);
    }
    return this.#descriptor;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}
