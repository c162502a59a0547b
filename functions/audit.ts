/** Operations on the audit log. */

import { getConnectedDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import * as audit from "../lib/audit/contract.ts";
import { listCheckpoints } from "../lib/audit/read/checkpoints.ts";
import { exportAudit } from "../lib/audit/read/export.ts";
import { listAudit } from "../lib/audit/read/list.ts";
import { followAudit } from "../lib/audit/read/poll.ts";
import { getProof } from "../lib/audit/read/proof.ts";
import { verifyAudit } from "../lib/audit/read/verify.ts";
import { serve } from "../lib/http/call.ts";

export const handler = httpHandler(getConnectedDeps, [
  serve(audit.listAudit, listAudit),
  serve(audit.exportAudit, exportAudit),
  serve(audit.followAudit, followAudit),
  serve(audit.verifyAudit, verifyAudit),
  serve(audit.listCheckpoints, listCheckpoints),
  serve(audit.getProof, getProof),
]);
