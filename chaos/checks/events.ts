/** Checks that each acknowledged event is stored once, as it was sent, and that no other event is stored. */
import { REFUSED_TYPE } from "../system.ts";
import { type Evidence, type Finding, mayBeLost } from "./evidence.ts";

type EventEvidence = Pick<Evidence, "ledger" | "truth" | "losses">;

const isRefused = (content: string): boolean => content.startsWith(`${REFUSED_TYPE}\n`);

export function checkLost({ ledger, truth, losses }: EventEvidence): Finding {
  const stored = new Set(truth.events.map(({ clientId, id }) => `${clientId} ${id}`));
  const violations: string[] = [];
  let checked = 0;
  let declared = 0;
  for (const [clientId, events] of ledger.events)
    for (const [id, { first, lastStartedAt }] of events) {
      if (first === undefined) continue;
      checked++;
      const name = `${clientId} ${id}`;
      if (stored.has(name) || truth.quarantined.has(name)) continue;
      if (mayBeLost(losses, lastStartedAt)) declared++;
      else violations.push(`lost: ${name}, acknowledged at ${new Date(first.endedAt).toISOString()}`);
    }
  const note = losses.length > 0 ? `declared loss: ${declared} events` : undefined;
  return { name: "acknowledged events are stored", checked, violations, ...(note && { note }) };
}

export function checkDoubled({ truth }: Pick<Evidence, "truth">): Finding {
  const seen = new Set<string>();
  const violations: string[] = [];
  for (const { clientId, id } of truth.events) {
    const name = `${clientId} ${id}`;
    if (seen.has(name)) violations.push(`doubled: ${name}`);
    seen.add(name);
  }
  return { name: "each event is stored once", checked: truth.events.length, violations };
}

export function checkGhosts({ ledger, truth }: EventEvidence): Finding {
  const violations = truth.events
    .filter(({ clientId, id }) => !ledger.events.get(clientId)?.has(id))
    .map(({ clientId, id }) => `ghost: ${clientId} ${id}`);
  return { name: "no event that was never sent", checked: truth.events.length, violations };
}

export function checkAltered({ ledger, truth, told }: Pick<Evidence, "ledger" | "truth" | "told">): Finding {
  const violations: string[] = [];
  const contents = new Map<string, string>();
  for (const { clientId, id, content } of truth.events) {
    contents.set(`${clientId} ${id}`, content);
    const known = ledger.events.get(clientId)?.get(id);
    if (known && !known.contents.has(content)) violations.push(`altered: ${clientId} ${id}: ${content}`);
  }
  for (const { clientId, id, text } of told.samples) {
    const payload = contents.get(`${clientId} ${id}`)?.split("\n").slice(2).join("\n");
    if (payload === undefined || !text.includes(`"payload":${payload}`))
      violations.push(`the API shows another payload: ${clientId} ${id}`);
  }
  return { name: "unaltered, byte for byte", checked: truth.events.length + told.samples.length, violations };
}

/** Checks that quarantine contains only events that PostgreSQL must refuse. */
export function checkQuarantine({ ledger, truth }: EventEvidence): Finding {
  const violations: string[] = [];
  for (const [name, why] of truth.quarantined) {
    const [clientId = "", ...rest] = name.split(" ");
    const known = ledger.events.get(clientId)?.get(rest.join(" "));
    if (![...(known?.contents.keys() ?? [])].some(isRefused))
      violations.push(`a good event is in quarantine: ${name}: ${why}`);
  }
  for (const { clientId, id, content } of truth.events)
    if (isRefused(content)) violations.push(`a refused event is stored: ${clientId} ${id}`);
  return { name: "only bad events in quarantine", checked: truth.quarantined.size, violations };
}
