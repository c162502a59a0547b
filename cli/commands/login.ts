/** Commands about profiles: `weir login`, `weir logout`, `weir profiles`. */
import { Command } from "commander";
import { createWeirClient, WeirError } from "../../sdk/typescript/src/node.ts";
import { checkUrl, type Where } from "../access/access.ts";
import { findLocalSystem } from "../access/local-system.ts";
import { findProfile, LOCAL, profileFile, readProfiles, writeProfiles } from "../access/profiles.ts";
import { readSecret } from "../access/read-secret.ts";
import { CliError, callError, usageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { environment } from "../settings.ts";

/** `weir login`: adds a profile. */
export const loginCommand = (): Command =>
  new Command("login")
    .description(
      "save the address and a key of a system as a profile; the key is read from a prompt or standard input",
    )
    .argument("[profile]", "name of the profile", "default")
    .option("--no-check", "do not call the system to find out whether the key works")
    .addHelpText(
      "after",
      "\nExamples:\n  weir login --url https://weir.example\n  weir login staging --url https://staging.weir.example < key.txt",
    )
    .action(login);

async function login(name: string, { check }: { check: boolean }, command: Command): Promise<void> {
  const output = new Output(command);
  if (name === LOCAL)
    throw usageError(`The profile ${LOCAL} is the system that \`npm start\` runs, and needs no login.`);
  if (!/^[\w.-]{1,64}$/.test(name))
    throw usageError("A profile's name has up to 64 letters, digits, dots, hyphens and underscores.");
  const given = command.optsWithGlobals<Where>().url ?? environment.url;
  if (given === undefined) throw usageError("Specify the address of the system: --url https://weir.example");
  const url = checkUrl(given, "--url");
  const key = await readSecret(`API key for ${url}:`);
  if (key === "") throw usageError("The key is empty.");
  if (/[^\x21-\x7e]/.test(key)) throw usageError("The key has characters that no key has, such as spaces.");
  if (check) await checkKey(url, key);
  const { profiles } = await readProfiles();
  profiles[name] = { url, key };
  await writeProfiles({ current: name, profiles });
  await output.print({ profile: name, url, file: profileFile() }, () => [
    `The profile ${name} for ${url} is saved, and is the current one.`,
  ]);
}

/** @throws {CliError} if the system can't be reached, or does not know the key */
async function checkKey(url: string, key: string): Promise<void> {
  try {
    await createWeirClient({ url, key, timeoutMs: 10_000 }).getPipeline();
  } catch (error) {
    // The key is known, but has other scopes; or a server is away, which says nothing about the key.
    if (error instanceof WeirError && (error.code === "insufficient-scope" || error.status === 503)) return;
    throw callError(error, url);
  }
}

/** `weir logout`: removes a profile with its key. */
export const logoutCommand = (): Command =>
  new Command("logout")
    .description(
      "remove a profile and its key from this machine; the key itself stays valid until it is revoked",
    )
    .argument("[profile]", "name of the profile; by default, the current one")
    .action(async (given: string | undefined, _: object, command: Command) => {
      const output = new Output(command);
      const { current, profiles } = await readProfiles();
      const name = given ?? current;
      if (name === null) throw new CliError("No profile is the current one.", exitCodes.usage);
      await findProfile(name);
      delete profiles[name];
      await writeProfiles({ current: current === name ? null : current, profiles });
      await output.print({ profile: name, removed: true }, () => [`The profile ${name} is removed.`]);
    });

interface Shown {
  name: string;
  url: string;
  current: boolean;
}

/** `weir profiles`: lists profiles and selects one. */
export function profilesCommand(): Command {
  const command = new Command("profiles")
    .description("list the profiles, without their keys; select one")
    .action(list);
  command
    .command("use")
    .description("select the profile that commands use by default")
    .argument("<profile>", `its name, or ${LOCAL} for the system that \`npm start\` runs`)
    .action(use);
  return command;
}

async function list(_: object, command: Command): Promise<void> {
  const output = new Output(command);
  const { current, profiles } = await readProfiles();
  const local = await findLocalSystem();
  const shown: Shown[] = [
    ...Object.entries(profiles).map(([name, { url }]) => ({ name, url, current: name === current })),
    ...(local ? [{ name: LOCAL, url: local.url, current: current === null }] : []),
  ];
  const columns: Column<Shown>[] = [
    { head: "", of: (one) => (one.current ? "*" : " ") },
    { head: "PROFILE", of: ({ name }) => name },
    { head: "URL", of: ({ url }) => url },
  ];
  const none = ["There are no profiles. Make one with `weir login`."];
  await output.print({ profiles: shown }, () => (shown.length === 0 ? none : output.table(columns, shown)));
}

async function use(name: string, _: object, command: Command): Promise<void> {
  const output = new Output(command);
  if (name !== LOCAL) await findProfile(name);
  const { profiles } = await readProfiles();
  await writeProfiles({ current: name === LOCAL ? null : name, profiles });
  await output.print({ current: name }, () => [`The current profile is ${name}.`]);
}
