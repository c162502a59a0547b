/** The record of all calls. */
import { httpHandler, serve } from "../lib/api.ts";
import { listAudit } from "../lib/audit.ts";
import { listCheckpoints } from "../lib/audit-checkpoints.ts";
import { exportAudit } from "../lib/audit-export.ts";
import { getProof } from "../lib/audit-proof.ts";
import { verifyAudit } from "../lib/audit-verify.ts";
import * as audit from "../lib/contract/audit.ts";
import { getConnectedDeps } from "../lib/deps-once.ts";

export const handler = httpHandler(getConnectedDeps, [
  serve(audit.listAudit, listAudit),
  serve(audit.exportAudit, exportAudit),
  serve(audit.verifyAudit, verifyAudit),
  serve(audit.listCheckpoints, listCheckpoints),
  serve(audit.getProof, getProof),
]);
