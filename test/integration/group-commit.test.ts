import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { GroupCommit } from "../../local/group-commit.ts";
import { atEnd } from "../support/cleanup.ts";

/** The highest number that can be kept: a commit with a higher one fails. */
const MOST = 20;

interface Ground {
  /** Asks the server to insert a number, and answers with how many numbers the file held when the answer came. */
  insert(number: number): Promise<number>;
  insertNow(number: number): void;
  db: DatabaseSync;
  /** What another process would see. */
  count(): number;
  commits(): number;
  lines: string[];
}

let ground: Ground;
beforeEach(async () => {
  ground = await prepare();
});

/** A server that inserts into a table before it answers, as fauxqs does. */
async function prepare(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "weir-commit-"));
  const file = join(folder, "numbers.db");
  const lines: string[] = [];
  let commits = 0;
  const counted = new DatabaseSync(file);
  const exec = counted.exec.bind(counted);
  counted.exec = (sql) => {
    if (sql === "COMMIT") commits++;
    exec(sql);
  };
  const group = new GroupCommit((line) => lines.push(line));
  const { db, insert } = group.takeHold(() => {
    counted.exec("PRAGMA journal_mode = WAL");
    counted.exec("CREATE TABLE known (number INTEGER PRIMARY KEY)");
    counted.exec("CREATE TABLE numbers (number REFERENCES known DEFERRABLE INITIALLY DEFERRED)");
    counted.exec(
      `WITH RECURSIVE up(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM up WHERE n < ${MOST}) INSERT INTO known SELECT n FROM up`,
    );
    return { db: counted, insert: counted.prepare("INSERT INTO numbers VALUES (?)") };
  });
  const other = new DatabaseSync(file, { readOnly: true });
  const count = (): number => Number(other.prepare("SELECT count(*) AS n FROM numbers").get()?.n);
  const server = createServer((request, reply) => {
    insert.run(Number(request.url?.slice(1)));
    reply.writeHead(200).end();
  });
  group.holdAnswers(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    for (const one of [other, db]) if (one.isOpen) one.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ask = async (number: number): Promise<number> => {
    await fetch(`http://127.0.0.1:${port}/${number}`);
    return count();
  };
  return { insert: ask, insertNow: (number) => insert.run(number), db, count, commits: () => commits, lines };
}

describe("writes of fauxqs", () => {
  it("are in the file when the answer comes", async () => {
    for (let number = 1; number <= MOST; number++) expect(await ground.insert(number)).toBe(number);
  });

  it("of one turn of the event loop share a commit", async () => {
    for (const number of [1, 2, 3]) ground.insertNow(number);
    expect([ground.commits(), ground.count()]).toEqual([0, 0]);
    await setImmediate();
    expect([ground.commits(), ground.count()]).toEqual([1, 3]);
  });

  it("that can't be kept are not answered, and those after them are", async () => {
    await expect(ground.insert(MOST + 1)).rejects.toThrow();
    expect(ground.lines).toEqual([expect.stringContaining("could not write")]);
    expect(await ground.insert(1)).toBe(1);
  });

  it("are kept when the file is closed at once", async () => {
    ground.insertNow(1);
    ground.db.close();
    expect(ground.count()).toBe(1);
  });
});
