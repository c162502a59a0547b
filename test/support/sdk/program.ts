/** Runs programs that use the SDK, in processes of their own. */
import { startChild } from "../servers/child.ts";

const SDK = new URL("../../../sdk/typescript/src/node.ts", import.meta.url).href;

/** @param body of a module that has `Sender`, `url`, `key` and `SDK`, the address of the SDK */
export function startProgram(url: string, key: string, body: string) {
  const text = `import { Sender } from ${JSON.stringify(SDK)};
    const SDK = ${JSON.stringify(SDK)};
    const [url, key] = ${JSON.stringify([url, key])};
    ${body}`;
  return startChild(process.execPath, ["--input-type=module", "--eval", text], { env: process.env });
}
