import { Command } from "commander";
import { recoverCommand } from "./audit-recover.ts";

/** `weir audit`: the record of all calls. */
export const auditCommand = (): Command =>
  new Command("audit").description("the record of all calls").addCommand(recoverCommand());
