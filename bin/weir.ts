/** `npm run weir -- …`: manages clients, keys, quarantine, dead letters, exports and the audit trail, and examines the system. */
import { Command } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { clientCommand } from "./commands/client.ts";
import { deadLettersCommand } from "./commands/dead-letters.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { explain } from "./commands/explain.ts";
import { keyCommand } from "./commands/key.ts";
import { quarantineCommand } from "./commands/quarantine.ts";
import { tailCommand } from "./commands/tail.ts";

const program = new Command("weir")
  .description(
    "Administers the Weir system at DATABASE_URL and REDIS_URL, or the one started by `npm start`.",
  )
  .option("--json", "print JSON")
  .addCommand(clientCommand())
  .addCommand(keyCommand())
  .addCommand(quarantineCommand())
  .addCommand(deadLettersCommand())
  .addCommand(eventsCommand())
  .addCommand(tailCommand())
  .addCommand(auditCommand())
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
