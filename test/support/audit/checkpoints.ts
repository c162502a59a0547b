/** Makes checkpoints in tests, with a separate key. */
import { generateKeyPairSync } from "node:crypto";
import type { Deps } from "../../../lib/app/connect.ts";
import type { CheckpointDeps } from "../../../lib/audit/checkpoint/make.ts";
import { keySigner } from "../../../lib/audit/checkpoint/signer.ts";
import { checkpointsAfter } from "../../../lib/audit/read/checkpoints.ts";
import type { Log } from "../../../lib/base/log.ts";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";

/** A log entry: its message and extra fields. */
export interface Logged {
  level: keyof Log;
  message: string;
  extra: Record<string, unknown>;
}

/** Dependencies for making checkpoints on a test's database. */
export function testCheckpoints({ sql }: Deps, overrides: Partial<CheckpointDeps> = {}) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const logged: Logged[] = [];
  const write =
    (level: keyof Log): Log["info"] =>
    (message, ...extra) => {
      logged.push({ level, message: String(message), extra: Object.assign({}, ...extra) });
    };
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const signer = keySigner(privateKey);
  return { deps: { sql, log, signer, publicKeys: [], bucket: undefined, ...overrides }, publicKey, logged };
}

export type TestCheckpoints = ReturnType<typeof testCheckpoints>;

/** Returns all stored checkpoints, in order. */
export const storedCheckpoints = async ({ sql }: Pick<Deps, "sql">): Promise<Checkpoint[]> =>
  (await checkpointsAfter(sql, 0, 1_000)).checkpoints;
