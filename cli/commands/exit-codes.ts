import { Command } from "commander";
import { exitCodeHelp } from "../exit-codes.ts";

/** `weir help exit-codes`. */
export function exitCodesTopic(): Command {
  const command = new Command("exit-codes").description("what the exit codes mean");
  const lines = exitCodeHelp.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  command.helpInformation = () => `Exit codes:\n${lines.join("\n")}\n`;
  return command.action(() => command.outputHelp());
}
