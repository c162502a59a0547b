import { expect, it } from "vitest";
import { startProgram } from "../../support/sdk/program.ts";
import { problem, scriptedServer } from "../../support/sdk/scripted-server.ts";

const SEND = `for (let n = 0; n < 50; n++) sender.send({ event_type: "exit", payload: { n } });`;
const away = () => scriptedServer(() => problem(503, "queue-full"));

it("a process that has nothing else to do delivers its events before it ends", async () => {
  const server = await scriptedServer();
  const program = startProgram(
    server.url,
    "k",
    `const sender = new Sender({ url, key, lingerMs: 3_600_000 }); ${SEND}`,
  );
  expect(await program.ended, program.output()).toBe(0);
  expect(server.sizes()).toEqual([50]);
});

it("a process that waits for an event is not kept waiting by a sender that waits for more", async () => {
  const server = await scriptedServer();
  const program = startProgram(
    server.url,
    "k",
    `const sender = new Sender({ url, key, lingerMs: 3_600_000 });
     await sender.send({ event_type: "exit", payload: {} });
     await sender.send({ event_type: "exit", payload: {} });
     console.log("done");`,
  );
  expect(await program.ended, program.output()).toBe(0);
  expect(program.output()).toBe("done\n");
  expect(server.sizes()).toEqual([1, 1]);
});

it("at its exit a process gives up after the given time, and says so", async () => {
  const server = await away();
  const program = startProgram(
    server.url,
    "k",
    `const lost = [];
     const sender = new Sender({ url, key, exitTimeoutMs: 2_000, onUndelivered: (error) => lost.push(error.reason) });
     ${SEND}
     process.on("exit", () => console.log(lost.length, new Set(lost)));`,
  );
  expect(await program.ended, program.output()).toBe(0);
  expect(program.output()).toBe("50 Set(1) { 'not-delivered' }\n");
  expect(server.sizes().length).toBeGreaterThan(0);
});

it("a process whose events were lost unnoticed fails", async () => {
  const server = await away();
  const program = startProgram(
    server.url,
    "k",
    `const sender = new Sender({ url, key, exitTimeoutMs: 50 }); ${SEND}`,
  );
  expect(await program.ended).toBe(1);
  expect(program.output()).toContain("SendError: The time was up before the API confirmed the event.");
});

it("a signal closes the sender, and then ends the process as usual", async () => {
  const server = await scriptedServer();
  const program = startProgram(
    server.url,
    "k",
    `const sender = new Sender({ url, key, lingerMs: 3_600_000, closeOnSignals: ["SIGTERM"] });
     ${SEND} setInterval(() => {}, 1_000); console.log("up");`,
  );
  await program.says("up");
  expect(server.sizes()).toEqual([]);
  program.process.kill("SIGTERM");
  expect([await program.ended, program.process.signalCode]).toEqual([null, "SIGTERM"]);
  expect(server.sizes()).toEqual([50]);
});
