/** What the archive lacks, and what waits for it. */
import { closedBefore } from "../archive/archive.ts";
import { readStatus } from "../archive/sql/status.ts";
import { listWaiting } from "../archive/waiting.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../postgres/client.ts";
import { oldestKept } from "../storage/partitions.ts";
import { type Finding, ok, warning } from "./finding.ts";

const ABOUT = { server: "PostgreSQL", check: "archive" } as const;
/** Days are counted up to this number. */
const MAX_COUNTED = 1_000;

/** Empty if there is no archive. @throws the database's error */
export async function examineArchive(
  { sql, config }: { sql: Database; config: Config },
  now: number = Date.now(),
): Promise<Finding[]> {
  const { days, events, erasures } = await readStatus(sql);
  if (config.archive === undefined) return days === 0 ? [] : [switchedOff(days)];
  const waiting = await listWaiting(sql, closedBefore(now), MAX_COUNTED);
  const has = `has ${events} events in ${days} days of clients`;
  const [first] = waiting;
  const findings = [
    first === undefined ? ok(ABOUT, `${has}, and every closed day`) : behind(waiting.length, has),
  ];
  if (first !== undefined && Date.parse(first.day) < oldestKept("events", config, now))
    findings.push(
      warning(
        ABOUT,
        `retention waits for ${first.day} of ${first.clientId}`,
        "Events are kept until they are archived: see the log of maintenance for what prevents it.",
      ),
    );
  if (erasures > 0)
    findings.push(
      warning(
        ABOUT,
        `${erasures} erasures wait for it`,
        "Maintenance continues them each hour; see its log.",
      ),
    );
  return findings;
}

const behind = (waiting: number, has: string): Finding =>
  warning(
    ABOUT,
    `${has}; ${waiting === MAX_COUNTED ? `${waiting} or more` : waiting} closed days are missing or have changed`,
    "Maintenance archives them each hour, oldest first; if the number does not fall, see its log.",
  );

const switchedOff = (days: number): Finding =>
  warning(
    ABOUT,
    `has ${days} days of clients, and ARCHIVE_BUCKET is not set here`,
    "If it is not set for maintenance either, nothing is archived any more, and erasures of those clients do not complete.",
  );
