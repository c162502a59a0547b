import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The name of a package's folder, from the path of a file in it. */
const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/**
 * The licences of the packages that a bundle contains, which their authors want to go with every copy.
 * @param files all inputs of the bundle, relative to `root`
 */
export async function thirdPartyLicenses(root: string, files: readonly string[]): Promise<string> {
  const folders = [...new Set(files.flatMap((file) => PACKAGE.exec(file)?.[1] ?? []))].toSorted();
  const texts = await Promise.all(folders.map((folder) => licenseOf(join(root, folder))));
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file === undefined ? "" : `\n${await readFile(join(folder, file), "utf8")}`;
  return `${name} ${version}, ${typeof license === "string" ? license : "see its package"}\n${text}`;
}
