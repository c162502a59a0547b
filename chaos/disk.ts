/** A small disk in memory that can be filled, where the system lets us mount one. */
import { execFile, spawnSync } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Teardown } from "../local/supervise.ts";

export interface Disk {
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** @returns undefined where we may not mount a disk: it takes Linux and root */
export async function makeDisk(
  folder: string,
  mebibytes: number,
  teardown: Teardown,
): Promise<Disk | undefined> {
  await mkdir(folder, { recursive: true });
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  if (!(await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0755`, "weir-chaos", folder])))
    return undefined;
  teardown.add(
    `The disk of ${folder}`,
    async () => {
      await run("umount", ["-l", folder]);
    },
    () => void spawnSync("umount", ["-l", folder]),
  );
  const ballast = join(folder, "ballast");
  return {
    fill: async () => {
      const file = await open(ballast, "w");
      const block = Buffer.alloc(1 << 20);
      try {
        // Smaller and smaller pieces, until not even a page is left.
        for (let size = block.length; size >= 4_096; size = Math.floor(size / 2))
          while (await wrote(file, block.subarray(0, size)));
      } finally {
        await file.close();
      }
    },
    empty: () => rm(ballast, { force: true }),
  };
}

const wrote = (file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<boolean> =>
  file.write(block).then(
    ({ bytesWritten }) => bytesWritten === block.length,
    () => false,
  );

const run = (command: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    execFile(command, args, (error) => resolve(error === null));
  });
