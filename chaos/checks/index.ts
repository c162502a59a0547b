/** All checks. */
import { checkAnswers, checkAudit } from "./audit.ts";
import { checkAltered, checkDoubled, checkGhosts, checkLost, checkQuarantine } from "./events.ts";
import type { Evidence, Finding } from "./evidence.ts";
import { checkHealth } from "./health.ts";
import { checkPipeline, checkQuiet, checkReceipts, checkTotals } from "./totals.ts";

const CHECKS: readonly ((evidence: Evidence) => Finding)[] = [
  checkLost,
  checkDoubled,
  checkGhosts,
  checkAltered,
  checkQuarantine,
  checkTotals,
  checkReceipts,
  checkPipeline,
  checkQuiet,
  checkAudit,
  checkAnswers,
  checkHealth,
];

export const check = (evidence: Evidence): Finding[] => CHECKS.map((one) => one(evidence));
