/** Completion in the shells themselves. A shell that this machine does not have is left out. */
import { execFileSync } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { inTerminal, readable } from "../../support/terminal.ts";
import { cliHome, script } from "../../support/weir.ts";

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ["-c", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await tempFolder("completion");
  await writeFile(join(folder, "weir"), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  await chmod(join(folder, "weir"), 0o755);
  await mkdir(join(folder, "config/weir"), { recursive: true });
  const profiles = { current: null, profiles: { staging: { url: "http://127.0.0.1:2", key: "x" } } };
  await writeFile(join(folder, "config/weir/profiles.json"), JSON.stringify(profiles));
  await writeFile(join(folder, "orders-of-may.csv"), "");
  env = {
    ...cliHome,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    WEIR_DATA_DIR: folder,
    PATH: `${folder}:${process.env.PATH}`,
    TERM: "xterm-256color",
  };
});

const SHELLS = [
  // Bash completes with functions of its package bash-completion if they are there; the script works without them.
  { shell: "bash", words: ["--norc", "--noprofile", "-i"], load: "source <(weir completion bash)" },
  {
    shell: "zsh",
    words: ["-f", "-i"],
    load: "autoload -U compinit && compinit -u && source <(weir completion zsh)",
  },
  { shell: "fish", words: ["--no-config", "-i"], load: "weir completion fish | source" },
];

describe.each(SHELLS)("in $shell", ({ shell, words, load }) => {
  it.skipIf(!has(shell)).each([
    ["weir quar", /weir quarantine/],
    ["weir dead-letters red", /weir dead-letters redrive/],
    ["weir count --whe", /weir count --where/],
    ["weir count --by client,", /weir count --by client,type/],
    ["weir count --profile sta", /weir count --profile staging/],
    ["weir send orders-of", /weir send orders-of-may\.csv/],
  ])("a tab after %j completes it", async (typed, completed) => {
    const terminal = inTerminal(shell, words, { env: { ...env, PS1: "> " }, cwd: folder, columns: 120 });
    terminal.pty.write(`${load}; echo "re"ady\r`);
    await terminal.shows(/\bready\r?\n/);
    const before = terminal.output().length;
    terminal.pty.write(`${typed}\t`);
    await expect
      .poll(() => readable(terminal.output().slice(before)), { timeout: 45_000, interval: 100 })
      .toMatch(completed);
    terminal.pty.kill("SIGKILL");
  });
});
