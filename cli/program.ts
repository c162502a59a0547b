import { Command } from "commander";
import { version } from "../lib/base/version.ts";
import { auditCommand } from "./commands/audit/audit.ts";
import { clientCommand } from "./commands/client.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { countCommand } from "./commands/count.ts";
import { deadLettersCommand } from "./commands/dead-letters.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { eventsCommand } from "./commands/events.ts";
import { exitCodesTopic } from "./commands/exit-codes.ts";
import { funnelCommand } from "./commands/funnel.ts";
import { keyCommand } from "./commands/key.ts";
import { loginCommand, logoutCommand, profilesCommand } from "./commands/login.ts";
import { latencyCommand, pipelineCommand, receiptCommand } from "./commands/pipeline.ts";
import { topCommand, uniquesCommand } from "./commands/properties.ts";
import { quarantineCommand } from "./commands/quarantine.ts";
import { sendCommand } from "./commands/send.ts";
import { seriesCommand } from "./commands/series.ts";
import { tailCommand } from "./commands/tail.ts";
import { webhookCommand } from "./commands/webhook.ts";

const AFTER = `
Which system: --url or --profile, WEIR_URL and WEIR_KEY, WEIR_PROFILE, the profile of the last \`weir login\`, or the system
that \`npm start\` runs. Which form: aligned text; --json is the API's own JSON, --tsv is for spreadsheets and awk.
Exit codes: weir help exit-codes`;

/** The whole command line. Parsing throws instead of ending the process. */
export function createProgram(): Command {
  const program = new Command("weir")
    .description("Sends events to Weir, asks questions about them, and administers it.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .option("--json", "print JSON, in the shape of the API")
    .option("--tsv", "print tables with tabs between the cells")
    .option("--no-color", "without colours; NO_COLOR does the same")
    .option("--zone <zone>", "time zone, such as Europe/Berlin, or local (default: WEIR_ZONE or UTC)")
    .option("--profile <profile>", "the system of this profile (default: WEIR_PROFILE)")
    .option("--url <url>", "the system at this address; the key is in WEIR_KEY (default: WEIR_URL)")
    .option(
      "--direct",
      "use PostgreSQL and Redis at DATABASE_URL and REDIS_URL, not the API, where a command can",
    )
    .addHelpText("after", AFTER);
  const groups: [title: string, commands: Command[]][] = [
    ["Events:", [sendCommand(), tailCommand(), eventsCommand(), receiptCommand(), pipelineCommand()]],
    [
      "Questions:",
      [countCommand(), seriesCommand(), topCommand(), uniquesCommand(), funnelCommand(), latencyCommand()],
    ],
    [
      "Administration:",
      [
        clientCommand(),
        keyCommand(),
        webhookCommand(),
        quarantineCommand(),
        deadLettersCommand(),
        auditCommand(),
        doctorCommand(),
      ],
    ],
    ["This program:", [loginCommand(), logoutCommand(), profilesCommand(), completionCommand()]],
  ];
  for (const [title, commands] of groups)
    for (const command of commands) program.addCommand(command.helpGroup(title));
  program
    .addCommand(exitCodesTopic(), { hidden: true })
    .addCommand(completeCommand(program), { hidden: true });
  for (const command of everyCommand(program))
    command
      .exitOverride()
      .configureHelp({ showGlobalOptions: command !== program })
      .showSuggestionAfterError();
  return program;
}

function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const one of command.commands) yield* everyCommand(one);
}
