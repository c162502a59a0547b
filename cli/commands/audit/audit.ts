import { Command } from "commander";
import { checkpointsCommand } from "./checkpoints.ts";
import { exportCommand, listCommand } from "./entries.ts";
import { eraseCommand } from "./erase.ts";
import { keygenCommand } from "./keygen.ts";
import { proveCommand } from "./prove.ts";
import { recoverCommand } from "./recover.ts";
import { verifyCommand } from "./verify.ts";

/** `weir audit`: reads, verifies and maintains the audit trail. */
export const auditCommand = (): Command =>
  new Command("audit")
    .description("read, verify and maintain the audit log of all calls")
    .addCommand(listCommand())
    .addCommand(exportCommand())
    .addCommand(verifyCommand())
    .addCommand(proveCommand())
    .addCommand(checkpointsCommand())
    .addCommand(recoverCommand())
    .addCommand(eraseCommand())
    .addCommand(keygenCommand());
