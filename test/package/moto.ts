/** Moto, a stand-in for AWS from Python's package index: CloudFormation and what it creates, without an account. */
import { join } from "node:path";
import { waitUntil } from "../../local/process.ts";
import { pythonTool } from "../support/python-tool.ts";
import { startChild } from "../support/servers/child.ts";
import { freePort } from "../support/servers/ports.ts";
import { PROJECT } from "./stack.ts";

const VERSION = "5.2.5";

/** Starts it. @returns its endpoint */
export async function startMoto(): Promise<string> {
  const { bin } = await pythonTool(PROJECT, "moto[server,cloudformation]", VERSION);
  const port = await freePort();
  const words = ["-H", "127.0.0.1", "-p", String(port)];
  const server = startChild(join(bin, "moto_server"), words, { env: process.env });
  const url = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    (await fetch(`${url}/moto-api/`).catch(() => undefined)) !== undefined;
  if (!(await waitUntil(answers, 60_000, server.ended)))
    throw new Error(`Moto did not start:\n${server.output()}`);
  // Functions are only recorded: to run them, Moto needs a container engine.
  await fetch(`${url}/moto-api/config`, {
    method: "POST",
    body: JSON.stringify({ lambda: { use_docker: false } }),
  });
  return url;
}

/**
 * Calls an action of CloudFormation.
 * @returns the response, XML
 * @throws with the response if it is an error
 */
export async function cloudFormation(
  endpoint: string,
  action: string,
  parameters: Record<string, string>,
): Promise<string> {
  const credential = "Credential=test/20260101/us-east-1/cloudformation/aws4_request";
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=test` },
    body: new URLSearchParams({ Action: action, Version: "2010-05-15", ...parameters }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action}: ${text}`);
  return text;
}
