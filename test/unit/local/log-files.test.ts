import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { currentLog, markRead, putAside, unreadLogs } from "../../../local/log-files.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await tempFolder("logs");
});

const files = (): string[] => readdirSync(folder).sort();
const texts = (): string =>
  files()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");

describe("logs", () => {
  it("that may contain audit rows are kept until the rows are recovered, in any number", () => {
    for (let count = 0; count < 9; count++) {
      writeFileSync(currentLog(folder), `${count}\n`);
      putAside(folder, true);
    }
    expect(unreadLogs(folder).map((file) => readFileSync(file, "utf8"))).toEqual(
      Array.from({ length: 9 }, (_, count) => `${count}\n`),
    );
    for (const file of unreadLogs(folder)) markRead(folder, file);
    expect(texts()).toBe("5\n6\n7\n8\n");
    expect(unreadLogs(folder)).toEqual([]);
  });

  it("are not put aside if they are empty", () => {
    putAside(folder, true);
    writeFileSync(currentLog(folder), "");
    putAside(folder, true);
    expect(files()).toEqual(["weir.log"]);
  });

  it("are bounded in size and number while a process prints, and lose no audit row", () => {
    writeFileSync(currentLog(folder), "from before\n");
    const script = `
      import { printToLog } from ${JSON.stringify(new URL("../../../local/log-output.ts", import.meta.url).href)};
      printToLog(${JSON.stringify(folder)}, 1000);
      for (let n = 0; n < 200; n++) {
        console.log("line " + n + " " + "x".repeat(90));
        if (n % 50 === 0) console.error("audit-not-queued " + n);
      }
      process.stdout.write("last\\n", () => console.log("written"));`;
    execFileSync(process.execPath, ["--input-type=module", "-e", script]);
    const unread = unreadLogs(folder).map((file) => readFileSync(file, "utf8"));
    expect(unread[0]).toContain("from before");
    for (const n of [0, 50, 100, 150])
      expect(unread.filter((text) => text.includes(`queued ${n}\n`))).toHaveLength(1);
    expect(files().length).toBeLessThanOrEqual(unread.length + 4 + 1);
    for (const name of files()) expect(readFileSync(join(folder, name)).length).toBeLessThanOrEqual(1_000);
    expect(readFileSync(currentLog(folder), "utf8")).toMatch(/last\nwritten\n$/);
  });
});
