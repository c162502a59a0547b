import type { Scope } from "../../lib/base/scope.ts";
import { CliError, usageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { environment } from "../settings.ts";
import { findLocalSystem, type LocalSystem } from "./local-system.ts";
import { findProfile, LOCAL, readProfiles } from "./profiles.ts";

/** The address of the API, and a key. */
export interface Access {
  url: string;
  key: string;
  /** Where they come from, for messages: a profile's name, or `local`. */
  from: string;
}

export interface Where {
  url?: string;
  profile?: string;
}

/** True if the command or the environment says which API to call, so that nothing has to be searched for. */
export const saysWhere = ({ url, profile }: Where): boolean =>
  (url ?? profile ?? environment.url ?? environment.profile) !== undefined;

/**
 * Finds the API: `--url`, `--profile`, `WEIR_URL`, `WEIR_PROFILE`, the current profile, or the system that `npm start` runs;
 * the first of these that there is.
 * @param scope that the call needs
 * @throws {CliError} if there is no API or no key
 */
export async function findAccess({ url, profile }: Where, scope: Scope): Promise<Access> {
  if (url !== undefined && profile !== undefined) throw usageError("Specify --url or --profile, not both.");
  if (url !== undefined) return atUrl(url, "--url", scope);
  if (profile !== undefined) return byProfile(profile, scope);
  if (environment.url !== undefined) return atUrl(environment.url, "WEIR_URL", scope);
  if (environment.profile !== undefined) return byProfile(environment.profile, scope);
  const { current } = await readProfiles();
  if (current !== null) return byProfile(current, scope);
  const local = await findLocalSystem();
  if (local) return ofLocal(local, scope);
  throw usageError("There is no system to call.", [
    "Log in to one with `weir login --url https://…`, set WEIR_URL and WEIR_KEY,",
    "or start one with `npm start` and run this in the same folder.",
  ]);
}

/** @throws {CliError} if the text is no address of an API */
export function checkUrl(url: string, name: string): string {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw usageError(
      `${name} must be an http or https URL, such as https://weir.example; it is ${JSON.stringify(url)}.`,
    );
  return url.replace(/\/+$/, "");
}

async function byProfile(name: string, scope: Scope): Promise<Access> {
  if (name !== LOCAL) {
    const profile = await findProfile(name);
    return {
      url: checkUrl(profile.url, `The URL of the profile ${name}`),
      key: environment.key ?? profile.key,
      from: name,
    };
  }
  const local = await findLocalSystem();
  if (!local)
    throw usageError("No local system was found.", [
      `Start Weir with \`npm start\`; it writes ${environment.dataDir}/dev.json (WEIR_DATA_DIR).`,
    ]);
  return ofLocal(local, scope);
}

/** An administrator's key sees everything; only sending needs a client's. */
const ofLocal = ({ url, apiKey, adminKey }: LocalSystem, scope: Scope): Access => ({
  url,
  key: environment.key ?? (scope === "ingest" ? apiKey : adminKey),
  from: LOCAL,
});

/** A key is sent only to the system that it is for. */
async function atUrl(text: string, name: string, scope: Scope): Promise<Access> {
  const url = checkUrl(text, name);
  if (environment.key !== undefined) return { url, key: environment.key, from: url };
  const { profiles } = await readProfiles();
  const known = Object.entries(profiles).find(([, profile]) => profile.url === url);
  if (known) return { url, key: known[1].key, from: known[0] };
  const local = await findLocalSystem();
  if (local?.url === url) return ofLocal(local, scope);
  throw new CliError(`There is no key for ${url}.`, exitCodes.refused, [
    `Set WEIR_KEY to a key with the scope ${scope}, or run \`weir login --url ${url}\`.`,
  ]);
}
