/**
 * PostgreSQL refuses to run as root. As root we run it as another user, who must be able to reach its binaries and data.
 * This fails in a clone under /root or a `mktemp -d` folder, which only root may enter. There `setpriv` changes the user
 * and gives the server the single capability to enter closed folders.
 */
import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { chown, stat } from "node:fs/promises";
import { dirname } from "node:path";

export interface ServerUser {
  spawn(binary: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Makes the user the owner of a file or folder. */
  own(path: string): Promise<void>;
}

interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * The user to run a server as: the current one, or for root `postgres`, otherwise `nobody`.
 * @param paths folders that the server must be able to enter
 * @throws if no user can run it; the message says what to do
 */
export async function serverUser(paths: readonly string[]): Promise<ServerUser> {
  if (process.getuid?.() !== 0)
    return { spawn: (binary, args, options) => spawn(binary, args, options), own: async () => {} };
  const account = (await findAccount("postgres")) ?? (await findAccount("nobody"));
  if (account === undefined)
    throw new Error(
      "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody'. Run as a non-root user.",
    );
  const { uid, gid } = account;
  const own = (path: string) => chown(path, uid, gid);
  if (await canEnter(account, paths))
    return { spawn: (binary, args, options) => spawn(binary, args, { ...options, uid, gid }), own };
  if (!(await answers("setpriv", ["--version"])))
    throw new Error(
      `PostgreSQL refuses to run as root, and the user '${account.name}' can't access this folder. ` +
        "Clone to a folder that other users can access, or run as a non-root user.",
    );
  return {
    spawn: (binary, args, options) => spawn("setpriv", [...privileges(account), binary, ...args], options),
    own,
  };
}

const privileges = ({ uid, gid }: Account): string[] => [
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--clear-groups",
  // Otherwise the kernel drops every capability when the user changes.
  "--securebits=+no_setuid_fixup",
  "--inh-caps=+dac_override",
  "--ambient-caps=+dac_override",
];

async function findAccount(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([output("id", ["-u", name]), output("id", ["-g", name])]);
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

async function canEnter({ uid, gid }: Account, paths: readonly string[]): Promise<boolean> {
  for (const path of paths)
    for (let folder = path; ; folder = dirname(folder)) {
      const { mode, uid: owner, gid: group } = await stat(folder);
      const needed = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
      if ((mode & needed) === 0) return false;
      if (folder === dirname(folder)) break;
    }
  return true;
}

const answers = async (command: string, args: readonly string[]): Promise<boolean> =>
  (await output(command, args)) !== undefined;

/** Output of a command; undefined if it is missing or fails. */
const output = (command: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(command, args, (error, stdout) => resolve(error ? undefined : stdout.trim()));
  });
