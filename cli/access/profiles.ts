/** Profiles: the servers that `weir login` knows, with a key for each, in one file that only its owner can read. */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { usageError } from "../errors.ts";
import { configFolder } from "../settings.ts";

export interface Profile {
  url: string;
  key: string;
}

export interface Profiles {
  /** Name of the profile that is used if nothing else is said. */
  current: string | null;
  profiles: Record<string, Profile>;
}

/** The name under which commands find the system that `npm start` runs; it has no entry in the file. */
export const LOCAL = "local";

export const profileFile = (): string => join(configFolder(), "profiles.json");

/** @throws {CliError} if the file can't be read or is not what `writeProfiles` writes */
export async function readProfiles(): Promise<Profiles> {
  let text: string;
  try {
    text = await readFile(profileFile(), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { current: null, profiles: {} };
    throw error;
  }
  const content = parse(text);
  if (!content)
    throw usageError(`${profileFile()} is not a file of profiles. Move it away and run \`weir login\`.`);
  return content;
}

function parse(text: string): Profiles | undefined {
  try {
    const { current, profiles } = JSON.parse(text) as Profiles;
    const isProfile = ({ url, key }: Profile) => typeof url === "string" && typeof key === "string";
    if (!Object.values(profiles).every(isProfile)) return undefined;
    // Without a prototype, so that no name of a profile is special.
    const own = Object.assign(Object.create(null) as Record<string, Profile>, profiles);
    return { current: typeof current === "string" && current in own ? current : null, profiles: own };
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step, readable only for its owner. */
export async function writeProfiles(content: Profiles): Promise<void> {
  const file = profileFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  await writeFile(next, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // The mode above counts only for a new file.
  await chmod(next, 0o600);
  await rename(next, file);
}

/** @throws {CliError} if there is no profile with this name */
export async function findProfile(name: string): Promise<Profile> {
  const { profiles } = await readProfiles();
  const profile = profiles[name];
  if (profile) return profile;
  const names = Object.keys(profiles);
  throw usageError(`No profile is named ${JSON.stringify(name)}.`, [
    names.length === 0 ? "Make one with `weir login`." : `There are: ${names.join(", ")}, ${LOCAL}.`,
  ]);
}
