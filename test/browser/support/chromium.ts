/** Chromium of the system, for all tests of a run; installed from Debian's packages if it is missing. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Without these, Chromium asks for updates and looks up hosts of its own at every start. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const isRoot = process.getuid?.() === 0;

/** vitest's global setup. */
export function setup(): void {
  if (existsSync(CHROMIUM)) return;
  if (!isRoot || !existsSync("/usr/bin/apt-get"))
    throw new Error(
      `${CHROMIUM} is missing. Install Chromium with \`apt-get install chromium\`, then run the tests again.`,
    );
  console.log("Installing Chromium (once; a minute or two) …");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const words of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]])
    execFileSync("apt-get", ["-qq", ...words], { stdio: ["ignore", "ignore", "inherit"], env: environment });
}

/** Starts a browser. @param flags in addition. As root, Chromium has no sandbox; it visits only the tests' own server. */
export const launch = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, ...flags, ...(isRoot ? ["--no-sandbox"] : [])],
  });
