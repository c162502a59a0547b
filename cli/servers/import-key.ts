import type { Command } from "commander";
import type { Scope } from "../../lib/base/scope.ts";
import { importKey } from "../../lib/clients/keys.ts";
import { withAudit } from "./connect.ts";

interface Imported {
  client: string;
  scope: Scope[];
  expires: string | undefined;
  secret: string;
}

/** Imports a key, which the API does not do. @returns the key without its secret */
export async function importWithServers(command: Command, { client, scope, expires, secret }: Imported) {
  const options = { scopes: scope, expires_at: expires === undefined ? undefined : new Date(expires) };
  const { secret: _, ...key } = await withAudit(command, (deps, changed) =>
    importKey(deps, client, secret, options, changed),
  );
  return key;
}
