/** What the program's exit codes mean. `docs/cli.md` and `weir help exit-codes` list them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One sentence for each code, in the order of their numbers. */
export const exitCodeHelp: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.ok, "The command did what it was asked to do."],
  [
    exitCodes.failed,
    "It failed, or the answer is no: not everything was accepted, a proof is wrong, a set-up has errors, something does not exist.",
  ],
  [
    exitCodes.usage,
    "The words of the command, a setting or a file that it reads are wrong. Nothing was done.",
  ],
  [exitCodes.refused, "There is no key, or the key is unknown, has expired, was revoked, or lacks a scope."],
  [
    exitCodes.unreachable,
    "The system does not respond, or can't for now: try again later. Network, time-out, rate limit, 5xx.",
  ],
  [exitCodes.interrupted, "Ctrl-C (SIGINT)."],
  [exitCodes.terminated, "SIGTERM."],
];
