import { Command } from "commander";
import { eraseCommand } from "./audit-erase.ts";
import { keygenCommand } from "./audit-keygen.ts";
import { recoverCommand } from "./audit-recover.ts";

/** `weir audit`: the record of all calls. */
export const auditCommand = (): Command =>
  new Command("audit")
    .description("the record of all calls")
    .addCommand(keygenCommand())
    .addCommand(eraseCommand())
    .addCommand(recoverCommand());
