/** The stack in infra/ in each size with each queue. */
import { join } from "node:path";
import { type Packaged, packageInfra } from "./stack.ts";

export const COMBINATIONS = ["small", "production"].flatMap((size) =>
  ["sqs", "redis"].map((queue) => ({ size, queue, name: `${size}, ${queue === "sqs" ? "SQS" : "Redis"}` })),
);

export type PackagedInfra = Omit<Packaged, "zips">;

/** Packages all of them. @returns by name */
export async function packageCombinations(folder: string): Promise<Map<string, PackagedInfra>> {
  const all = new Map<string, PackagedInfra>();
  for (const { size, queue, name } of COMBINATIONS)
    all.set(name, await packageInfra(join(folder, `${size}-${queue}`), queue, [`size=${size}`]));
  return all;
}
