/** A small in-memory disk that can be filled, if the system allows mounting one. */
import { execFile, spawnSync } from "node:child_process";
import { mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Teardown } from "../local/supervise.ts";

export interface Disk {
  /** Fills the remaining space. */
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** @returns undefined if a disk can't be mounted: it requires Linux and root */
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
      const { bavail, bsize } = await statfs(folder);
      await run("fallocate", ["--length", String(Math.max(1, bavail - 64) * bsize), ballast]);
      const file = await open(ballast, "a");
      const page = Buffer.alloc(bsize);
      try {
        while (await wrote(file, page));
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
