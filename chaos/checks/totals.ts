/** Checks that all counts agree, at the end and at every look in between. */
import type { Taken } from "../ledger.ts";
import type { Receipt } from "../told.ts";
import { type Evidence, type Finding, mayBeLost } from "./evidence.ts";

export function checkTotals({ truth, told }: Pick<Evidence, "truth" | "told">): Finding {
  const violations: string[] = [];
  for (const totals of truth.totals) {
    const api = told.counts.get(totals.clientId);
    const counts: Record<string, number | undefined> = {
      ledger: totals.ledger,
      "minutes' rollups": totals.grain1,
      "quarters' rollups": totals.grain15,
      "hours' rollups": totals.grain60,
      "days' rollups": totals.grain1440,
      "the worker's total": totals.stored,
      "GET count": api?.count,
      "GET series": api?.series,
    };
    for (const [name, count] of Object.entries(counts))
      if (count !== totals.rows)
        violations.push(`${totals.clientId}: ${totals.rows} rows, but ${name} says ${count}`);
    if (totals.quarantine !== totals.quarantined)
      violations.push(
        `${totals.clientId}: ${totals.quarantine} in quarantine, but the worker's total says ${totals.quarantined}`,
      );
  }
  return { name: "rows = ledger = rollups = API", checked: truth.totals.length * 9, violations };
}

/** Checks that each 202's receipt adds up, is complete and matches the response, and that all receipts add up to the totals. */
export function checkReceipts({ ledger, truth, told, losses }: Evidence): Finding {
  const violations: string[] = [];
  let declared = 0;
  for (const taken of ledger.taken) {
    const faults = faultsOf(taken, told.receipts.get(taken.receiptId));
    if (mayBeLost(losses, taken.startedAt)) declared += faults.length > 0 ? 1 : 0;
    else violations.push(...faults);
  }
  for (const totals of truth.totals)
    for (const name of ["Stored", "Duplicates", "Quarantined"] as const) {
      const sum = totals[`receipts${name}`];
      const total = totals[name.toLowerCase() as "stored" | "duplicates" | "quarantined"];
      if (sum !== total)
        violations.push(
          `${totals.clientId}: receipts have ${sum} ${name.toLowerCase()}, the total says ${total}`,
        );
    }
  return {
    name: "receipts match the responses",
    checked: ledger.taken.length,
    violations,
    ...(losses.length > 0 && { note: `declared loss: ${declared} receipts` }),
  };
}

function faultsOf({ receiptId, accepted, duplicates }: Taken, receipt: Receipt | undefined): string[] {
  if (!receipt)
    return [`no receipt ${receiptId}, which a 202 named (${accepted} accepted, ${duplicates} duplicates)`];
  const { stored, quarantined, pending } = receipt;
  const faults: string[] = [];
  if (receipt.accepted !== stored + receipt.duplicates + quarantined + pending)
    faults.push(`receipt ${receiptId} does not add up: ${JSON.stringify(receipt)}`);
  if (pending !== 0 || receipt.completed_at === null)
    faults.push(`receipt ${receiptId} is not complete: ${JSON.stringify(receipt)}`);
  if (receipt.accepted !== accepted)
    faults.push(`receipt ${receiptId} says accepted ${receipt.accepted}, its 202 said ${accepted}`);
  return faults;
}

/** How far clocks of one machine may differ between a query and us, in milliseconds. */
const MARGIN_MS = 50;

/** Checks that the sum holds at every look, and that pending is at least the number of events known to wait. */
export function checkPipeline({ ledger, truth, seen, losses }: Evidence): Finding {
  const violations: string[] = [];
  const waits = waitsOf({ ledger, truth });
  for (const look of seen.pipeline) {
    const { accepted, stored, duplicates, quarantined, pending, startedAt, endedAt, clientId } = look;
    const at = `at ${new Date(startedAt).toISOString()} for ${clientId ?? "all"}`;
    if (accepted !== stored + duplicates + quarantined + pending)
      violations.push(`the pipeline does not add up ${at}: ${JSON.stringify(look)}`);
    const since = losses
      .filter(({ from }) => from <= endedAt)
      .reduce((last, { to }) => Math.max(last, to), 0);
    const waiting = waits.filter(
      (wait) =>
        (clientId === null || wait.clientId === clientId) &&
        wait.sentAt > since &&
        wait.acknowledgedAt < startedAt - MARGIN_MS &&
        wait.storedAt > endedAt + MARGIN_MS,
    ).length;
    if (pending < 0) violations.push(`pending is negative ${at}: ${JSON.stringify(look)}`);
    else if (pending < waiting)
      violations.push(`pending ${pending} ${at}, although ${waiting} events are known to wait`);
  }
  return { name: "pipeline adds up at each look", checked: seen.pipeline.length, violations };
}

interface Wait {
  clientId: string;
  sentAt: number;
  acknowledgedAt: number;
  storedAt: number;
}

/** Events that waited long enough to be observed. */
function waitsOf({ ledger, truth }: Pick<Evidence, "ledger" | "truth">): Wait[] {
  const waits: Wait[] = [];
  for (const { clientId, id, processedAt } of truth.events) {
    const first = ledger.events.get(clientId)?.get(id)?.first;
    if (first && processedAt - first.endedAt > 2 * MARGIN_MS)
      waits.push({ clientId, sentAt: first.startedAt, acknowledgedAt: first.endedAt, storedAt: processedAt });
  }
  return waits;
}

/**
 * Checks that the API reports an empty queue at the end. With SQS, events of a request that did not succeed may count as
 * pending for a quarter of an hour, since ingest may have ended between SQS' reply and its own: docs/decisions/0023.
 */
export function checkQuiet({ ledger, told, queue, quiet, deadLetters, losses }: Evidence): Finding {
  const violations: string[] = [];
  if (!quiet.reached)
    violations.push(`${quiet.waiting} messages still wait ${Math.round(quiet.ms / 1_000)} s after the load`);
  if (deadLetters > 0) violations.push(`${deadLetters} good messages were set aside as dead letters`);
  const { pending } = told.pipeline;
  const { events } = told.pipeline.queue;
  const allowed = queue === "sqs" ? ledger.uncertain : 0;
  if (pending > allowed && losses.length === 0)
    violations.push(`nothing waits, but the pipeline reports pending ${pending}`);
  if (events > allowed) violations.push(`nothing waits, but the pipeline reports ${events} queued events`);
  const note =
    allowed > 0 && pending > 0 ? `pending ${pending}, of ${allowed} events without an answer` : undefined;
  return { name: "queue empty at the end", checked: 4, violations, ...(note && { note }) };
}
