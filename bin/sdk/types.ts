/** `npm run sdk:types`: writes the SDK's generated files. */
import { writeFile } from "node:fs/promises";
import { generateSdk } from "./generate.ts";

for (const [name, text] of Object.entries(await generateSdk()))
  await writeFile(new URL(`../../sdk/typescript/src/${name}`, import.meta.url), text);
