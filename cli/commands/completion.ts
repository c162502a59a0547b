/** `weir completion`: completes commands, options and values in a shell. */
import { Argument, type Command, type Option, Command as Program } from "commander";
import { findLocalSystem } from "../access/local-system.ts";
import { LOCAL, readProfiles } from "../access/profiles.ts";
import { write } from "../output/output.ts";
import { scripts } from "./completion-scripts.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;

const INSTALL = `
To install it:
  bash  weir completion bash > ~/.local/share/bash-completion/completions/weir    (or: source <(weir completion bash))
  zsh   weir completion zsh > "\${fpath[1]}/_weir"                                  (or: source <(weir completion zsh))
  fish  weir completion fish > ~/.config/fish/completions/weir.fish`;

/** Prints the script that connects a shell with `weir complete`. */
export const completionCommand = (): Command =>
  new Program("completion")
    .description("print a script that completes commands, options and values in a shell")
    .addArgument(new Argument("<shell>", "your shell").choices(SHELLS))
    .addHelpText("after", INSTALL)
    .action((shell: (typeof SHELLS)[number]) => write(process.stdout, scripts[shell]));

/** What the last line says about the names of files. */
const NO_FILES = 4;
const FILES = 0;

/** `weir complete -- <words>`: prints completions of the last word, in the format that the shell scripts read. */
export const completeCommand = (program: Command): Command =>
  new Program("complete")
    .argument("[words...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { candidates, files } = await complete(program, words);
      for (const [value, description] of candidates) console.log(`${value}\t${description}`);
      console.log(`:${files ? FILES : NO_FILES}`);
    });

interface Completion {
  candidates: readonly (readonly [value: string, description: string])[];
  /** Whether file names may come here, too. */
  files: boolean;
}

/** @param words those of the command line after `weir`; the last is the one to complete, and may be empty */
async function complete(program: Command, words: readonly string[]): Promise<Completion> {
  const last = words.at(-1) ?? "";
  const typed = last === "=" ? "" : last;
  const { command, position, expected } = walk(program, words.slice(0, -1));
  const [, assigned, start] = /^(--[\w-]+)=(.*)$/.exec(typed) ?? [];
  const option = expected ?? optionsOf(command).find(({ long }) => long !== undefined && long === assigned);
  const prefix = assigned === undefined ? "" : `${assigned}=`;
  const begin = assigned === undefined ? typed : (start ?? "");
  const startsAlike = ([value]: readonly [string, string]) => value.startsWith(prefix + begin);
  if (option) {
    const values = await valuesOf(option);
    const candidates = values.map((value) => [prefix + value, ""] as const).filter(startsAlike);
    return { candidates, files: /<file/.test(option.flags) };
  }
  if (typed.startsWith("-"))
    return {
      candidates: optionsOf(command)
        .flatMap(({ long, description }) => (long === undefined ? [] : [[long, description] as const]))
        .filter(startsAlike),
      files: false,
    };
  const argument =
    command.registeredArguments[position] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const subcommands =
    position === 0 ? visible(command).map((one) => [one.name(), one.description()] as const) : [];
  const profiles = argument?.name() === "profile" ? await profileNames() : [];
  const choices = [...(argument?.argChoices ?? []), ...profiles].map((value) => [value, ""] as const);
  return {
    candidates: [...subcommands, ...choices].filter(startsAlike),
    files: /file/.test(argument?.name() ?? ""),
  };
}

/** The command that the words name, how many arguments it has so far, and the option whose value comes next. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let position = 0;
  let expected: Option | undefined;
  for (const word of words) {
    // Bash cuts --option=value into three words.
    if (expected && word === "=") continue;
    if (expected) {
      expected = undefined;
      continue;
    }
    if (word.startsWith("-")) {
      const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
      if (option?.required) expected = option;
      continue;
    }
    const next = position === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (next) command = next;
    else position++;
  }
  return { command, position, expected };
}

const visible = (command: Command): Command[] => command.createHelp().visibleCommands(command);

/** Its own and those of all commands above it. */
const optionsOf = (command: Command): Option[] => {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
};

const valuesOf = async ({ argChoices, long }: Option): Promise<readonly string[]> =>
  argChoices ?? (long === "--profile" ? profileNames() : []);

async function profileNames(): Promise<string[]> {
  const { profiles } = await readProfiles().catch(() => ({ profiles: {} }));
  return [...Object.keys(profiles), ...((await findLocalSystem()) ? [LOCAL] : [])];
}
