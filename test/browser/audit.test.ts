/** The view Audit: entries, proofs that the browser checks, and the verification of the log. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { checkProof, type Proof, parseProof } from "../../lib/trail/prove.ts";
import { makeCheckpoint } from "../support/audit/trail.ts";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";
import { checkEverywhere, depsOf, rowsOf } from "./support/views.ts";

const ui = dashboard();
const CALLS = "Calls, newest first";
let deps: Deps;
/** In PEM. */
let publicKey: string;
/** The id of a call that a checkpoint covers. */
let requestId: string;

beforeAll(async () => {
  deps = depsOf(ui.system);
  const { auditPublicKey, adminKey } = ui.system.stack;
  publicKey = await readFile(auditPublicKey ?? "", "utf8");
  const sent = await ui.system.post({ events: [newEvent(), newEvent()] });
  await ui.system.settled(sent.body.receipt_id);
  await ui.system.get(`/v1/events/${"x".repeat(50)}`);
  requestId = sent.headers.get("x-request-id") ?? "";
  await vi.waitFor(
    async () => {
      const answer = await ui.system.get(`/v1/audit?request_id=${requestId}`, adminKey);
      expect(answer.body.entries).toHaveLength(1);
    },
    { timeout: 45_000, interval: 100 },
  );
  const privateKey = createPrivateKey(
    await readFile(join(dirname(auditPublicKey ?? ""), "audit-key.pem"), "utf8"),
  );
  // The system makes checkpoints as well, and either may be first.
  await vi.waitFor(() => makeCheckpoint(deps, { privateKey, publicKey: createPublicKey(privateKey) }));
});

const proofSteps = (page: Page) => page.locator(".proof-steps > li");
const outcomes = (page: Page): Promise<string[]> => page.locator(".proof-steps .status").allInnerTexts();
const openEntry = (options = {}): Promise<Page> => ui.signedIn(`audit?entry=${requestId}`, options);

async function enterKey(page: Page): Promise<void> {
  await page.getByLabel("Public key of the audit trail (PEM)").fill(publicKey);
  await page.getByRole("button", { name: "Check the signature" }).click();
}

describe("the list", () => {
  it("has the calls that the API lists, with filters in the URL", async () => {
    const page = await ui.signedIn("audit");
    await page.getByLabel("Method").selectOption("POST");
    await page.getByLabel("Path").fill("/v1/ev*");
    await page.keyboard.press("Enter");
    await page.getByLabel("Status").fill("2xx");
    await page.keyboard.press("Enter");
    await page.getByLabel("Client").fill("demo");
    await page.keyboard.press("Enter");
    await expect
      .poll(async () => (await rowsOf(page, CALLS)).map((cells) => cells.slice(1, 4)))
      .toEqual([["POST /v1/events", "202", "demo"]]);
    const { search, searchParams } = new URL(page.url());
    expect(Object.fromEntries(searchParams)).toEqual({
      method: "POST",
      path: "/v1/ev*",
      status: "2xx",
      client: "demo",
    });
    const { body } = await ui.system.get(`/v1/audit${search}`, ui.system.stack.adminKey);
    expect(body.entries.map((entry: { request_id: string }) => entry.request_id)).toEqual([requestId]);
    await page.getByLabel("Status").fill("4xx");
    await page.keyboard.press("Enter");
    await page.getByText("No call matches").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("button", { name: /^GET \/v1\/events\/xxx/ }).waitFor();
  });

  it("needs a key with the scope audit", async () => {
    const page = await ui.signedIn("audit", {
      key: ui.system.stack.apiKey,
      expectedFaults: [/status of 40[34]/],
    });
    await page.getByText("This view needs a key with the scope audit").waitFor();
  });

  it("shows a client its own calls only, and no field to choose another", async () => {
    const { secret } = await ui.system.newKey("demo", { scopes: ["audit"] });
    const page = await ui.signedIn("audit", { key: secret, expectedFaults: [/status of 40[34]/] });
    await page.getByRole("table", { name: CALLS }).waitFor();
    expect(new Set((await rowsOf(page, CALLS)).map((cells) => cells[3]))).toEqual(new Set(["demo"]));
    expect(await page.getByLabel("Client").count()).toBe(0);
  });
});

describe("a proof", () => {
  it("is checked step by step, the signature with the public key that the user enters", async () => {
    const page = await ui.signedIn("audit?method=POST&status=202");
    await page.getByRole("button", { name: "POST /v1/events" }).first().click();
    await page.getByText("Valid as far as it was checked").waitFor();
    expect(await outcomes(page)).toEqual([...Array(6).fill("Valid"), "Not checked"]);
    await page.getByText("Not checked: the checkpoint's signature.").waitFor();
    await enterKey(page);
    await page.getByText("Valid: the entry is in the log as it was written").waitFor();
    expect(await outcomes(page)).toEqual(Array(7).fill("Valid"));
    await page.getByText("The entry as it was hashed").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Public key");

    await page.reload();
    await page.getByText("Valid: the entry is in the log as it was written").waitFor();
    expect(new URL(page.url()).searchParams.get("entry")).toBe(requestId);
  });

  it("can be saved, and weir audit prove finds the same", async () => {
    const page = await openEntry();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the proof" }).click(),
    ]);
    const proof = parseProof(await readFile(await download.path(), "utf8"));
    expect(proof.checkpoint).not.toBeNull();
    expect(checkProof(proof, [createPublicKey(publicKey)])).toBeUndefined();
    expect(await outcomes(page)).not.toContain("Invalid");
  });

  const flip = (hash: string): string => (hash.startsWith("0") ? "1" : "0") + hash.slice(1);
  it.each<[string, (proof: Proof) => object, string]>([
    [
      "status of the entry",
      ({ entry }) => ({ entry: { ...entry, status: 500 } }),
      "From the entry to its hash",
    ],
    [
      "address",
      ({ personal }) => ({ personal: { ...personal, address: "192.0.2.66" } }),
      "Address and user agent",
    ],
    ["hash of the entry", ({ hash }) => ({ hash: flip(hash) }), "From the hash to the seal"],
    ["root of the seal", ({ seal }) => ({ seal: { ...seal, root: flip(seal.root) } }), "From seal to seal"],
    [
      "head in the checkpoint",
      ({ checkpoint, seal }) => ({
        checkpoint: {
          ...checkpoint,
          lanes: checkpoint?.lanes.map((one) =>
            one.lane === seal.lane ? { ...one, head: flip(one.head) } : one,
          ),
        },
      }),
      "From the last seal to the checkpoint",
    ],
    [
      "time of the checkpoint",
      ({ checkpoint }) => ({ checkpoint: { ...checkpoint, made_at: "2026-01-01T00:00:00Z" } }),
      "The checkpoint's signature",
    ],
    [
      "entry, for another one",
      ({ entry }) => ({ entry: { ...entry, request_id: "01a20756-1962-71bb-935b-622ad56f979f" } }),
      "The call",
    ],
  ])("whose %s was changed is refused", async (_, change, step) => {
    const page = await ui.signedIn("overview");
    await page.route(/\/proof$/, async (route) => {
      const response = await route.fetch();
      const proof = (await response.json()) as Proof;
      await route.fulfill({ response, json: { ...proof, ...change(proof) } });
    });
    await page.goto(`${ui.system.stack.url}/dashboard/audit?entry=${requestId}`);
    await proofSteps(page).first().waitFor();
    await enterKey(page);
    await page.getByRole("alert").getByText("Invalid: the log does not prove this entry").waitFor();
    const row = proofSteps(page).filter({ has: page.getByText(step, { exact: true }) });
    expect(await row.locator(".status").innerText()).toBe("Invalid");
  });

  it("of a call that does not exist is explained", async () => {
    const page = await ui.signedIn("audit?entry=01a20756-1962-71bb-935b-622ad56f979f", {
      expectedFaults: [/status of 404/],
    });
    await page.getByText("A call that was just made appears after some seconds").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(new URL(page.url()).searchParams.has("entry")).toBe(false);
  });

  it("gives the focus back to the list when it is closed", async () => {
    const page = await ui.signedIn("audit?method=POST&status=202");
    await page.getByRole("button", { name: "POST /v1/events" }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByText("Valid as far as it was checked").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("One call");
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("POST /v1/events");
  });

  it("with a wrong public key says what is wrong with it", async () => {
    const page = await openEntry();
    await page.getByLabel("Public key of the audit trail (PEM)").fill("secret");
    await page.getByRole("button", { name: "Check the signature" }).click();
    await page.getByRole("alert").getByText("The text has no public key").waitFor();
  });
});

describe("the verification", () => {
  const verify = (page: Page) => page.getByRole("button", { name: "Verify", exact: true }).click();
  const panel = (page: Page) => page.getByRole("region", { name: "Verification" });

  it("counts what the API counts, day by day", async () => {
    const page = await ui.signedIn("audit?range=7d");
    await verify(page);
    await panel(page)
      .getByText(/^Valid: /)
      .waitFor();
    const rows = await rowsOf(page, "What was verified");
    expect(rows.length).toBeGreaterThanOrEqual(8);
    expect(new Set(rows.map((cells) => cells[1]))).toEqual(new Set(["Valid"]));
    const sum = rows.reduce((total, cells) => total + Number(cells[2]?.replaceAll(",", "")), 0);
    expect(sum).toBeGreaterThan(5);
    await panel(page)
      .getByText(`Valid: ${sum.toLocaleString("en-US")} entries`)
      .waitFor();
    await panel(page).getByText("signatures of checkpoints were checked").waitFor();
  });

  it("can be stopped, and says what was verified", async () => {
    const page = await ui.signedIn("audit?range=7d", { expectedFaults: [/ERR_/] });
    let calls = 0;
    await page.route(/audit\/verify/, async (route) => {
      calls += 1;
      if (calls <= 2) await route.continue();
    });
    await verify(page);
    await panel(page).getByText("2 of 8 parts").waitFor();
    await panel(page).getByRole("button", { name: "Stop" }).click();
    await panel(page).getByText("Stopped after 2 of 8 parts").waitFor();
    await panel(page).getByText("The rest was not verified").waitFor();
    await panel(page).getByRole("button", { name: "Verify" }).waitFor();
  });

  it("finds an entry that was changed in the database", async () => {
    const { sql } = deps;
    const set = (status: number) =>
      sql`UPDATE audit_log SET status = ${status} WHERE request_id = ${requestId}`;
    await set(204);
    try {
      const page = await ui.signedIn("audit?range=24h");
      await verify(page);
      await panel(page)
        .getByRole("alert")
        .getByText(/^Invalid entry: the entry was changed/)
        .waitFor();
      await panel(page).getByRole("button", { name: "Show the call" }).click();
      await page.getByText("Invalid: the log does not prove this entry").waitFor();
      expect((await outcomes(page)).slice(0, 2)).toEqual(["Valid", "Invalid"]);
    } finally {
      await set(202);
    }
  });
});

it("is accessible in both themes and on a phone, with a proof and a verification", async () => {
  await sendEvents(ui.system, [newEvent()]);
  await checkEverywhere(ui, `audit?entry=${requestId}`, async (page) => {
    await page.getByText("Valid as far as it was checked").waitFor();
    await page.getByText("Hashes").first().click();
    await page.getByRole("button", { name: "Verify", exact: true }).click();
    await page.getByText(/^Valid: /).waitFor();
  });
});
