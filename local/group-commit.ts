/**
 * Lets fauxqs write to its file once for all requests that it handles in one turn of the event loop. By itself it syncs
 * the file three times for each message (sent, received, deleted), and its process waits each time: about a millisecond
 * on a fast disk. It has no setting for this, so its database and its server are taken hold of while it starts.
 */
import type { Server, ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";

interface Held {
  answer: () => void;
  /** For where the writes that it would have told of are not in the file. */
  fail: () => void;
}

/** Nothing is answered before what it tells of is in the file: after a crash, all that was taken is there. */
export class GroupCommit {
  readonly #log: (line: string) => void;
  #db: DatabaseSync | undefined;
  #exec: (sql: string) => void = () => {};
  /** Whether writes of this turn wait for a commit. */
  #open = false;
  #held: Held[] = [];

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @param open opens a database and prepares its statements before it first waits */
  takeHold<T>(open: () => T): T {
    const { prepare } = DatabaseSync.prototype;
    const group = this;
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...words) {
      group.#takeDatabase(this);
      const statement = Reflect.apply(prepare, this, words);
      const run = statement.run.bind(statement) as (...values: unknown[]) => ReturnType<typeof statement.run>;
      statement.run = (...values: unknown[]) => {
        group.#begin();
        return run(...values);
      };
      return statement;
    };
    try {
      return open();
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
  }

  /** @param server whose answers tell of writes; it does not listen yet */
  holdAnswers(server: Server): void {
    server.prependListener("request", (_request, response) => this.#holdAnswer(response));
  }

  #takeDatabase(db: DatabaseSync): void {
    if (this.#db) return;
    const [exec, close] = [db.exec.bind(db), db.close.bind(db)];
    this.#db = db;
    this.#exec = exec;
    // fauxqs begins transactions of its own, too, and closes the file when it is stopped.
    db.exec = (sql) => {
      this.#commit();
      exec(sql);
    };
    db.close = () => {
      this.#commit();
      close();
    };
  }

  #begin(): void {
    if (this.#open || this.#db?.isTransaction) return;
    this.#exec("BEGIN");
    this.#open = true;
    setImmediate(() => this.#commit());
  }

  #commit(): void {
    if (!this.#open) return;
    this.#open = false;
    const held = this.#held;
    this.#held = [];
    try {
      // Fails also where SQLite has rolled back by itself, as it does when the disk is full.
      this.#exec("COMMIT");
    } catch (error) {
      if (this.#db?.isTransaction) this.#exec("ROLLBACK");
      for (const { fail } of held) fail();
      this.#log(`SQS (fauxqs) could not write: ${String(error)}`);
      return;
    }
    for (const { answer } of held) answer();
  }

  #holdAnswer(response: ServerResponse): void {
    const end = response.end.bind(response) as (...words: unknown[]) => ServerResponse;
    response.end = ((...words: unknown[]) => {
      if (!this.#open) return end(...words);
      this.#held.push({ answer: () => end(...words), fail: () => response.destroy() });
      return response;
    }) as typeof response.end;
  }
}
