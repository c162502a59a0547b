/** pyarrow reads the archive: the files of a bucket as one data set, and by a manifest. */
import { expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../lib/base/time.ts";
import { storedEvents, testArchive, withArchive } from "../support/archive.ts";
import { mustRun } from "../support/command.ts";
import { runAt, simulatedEvent, workAt } from "../support/maintenance.ts";
import { addClient } from "../support/pipeline.ts";
import { pythonTool } from "../support/python-tool.ts";
import { testDeps } from "../support/servers/deps.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const VERSION = "26.0.1";
const PROGRAM = new URL("./archive_read.py", import.meta.url).pathname;
/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;

it("pyarrow reads every event, exactly, and finds the digests of the manifests right", async () => {
  const { python } = await pythonTool(PROJECT, "pyarrow", VERSION);
  const archive = await testArchive();
  const deps = withArchive(await testDeps(), archive);
  for (const client of ["acme", "2026"]) {
    await addClient(deps, client);
    const payloads = ['{"n":12345678901234567890}', '{"x":1.50,"é":"日本"}', "-0.0e-1", '"text"'];
    const events = [1, 2].flatMap((days) =>
      payloads.map((payload, n) => ({ ...simulatedEvent(now - days * DAY_MS + n), payload })),
    );
    await workAt(deps, client, now, events);
  }
  await runAt(deps, now, { archiveFileBytes: 300 });
  const words = [PROGRAM, await archive.download()];
  const stdout = await mustRun(python, words, { cwd: PROJECT, env: process.env });
  const [lines, files] = JSON.parse(stdout) as [unknown[], number];
  expect(lines).toEqual([...(await storedEvents(deps))]);
  expect(files).toBeGreaterThan(4);
});
