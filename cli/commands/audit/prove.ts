import { readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { checkProof, parseProof } from "../../../lib/trail/prove.ts";
import { usageError } from "../../errors.ts";
import { exitCodes } from "../../exit-codes.ts";
import { UUID } from "../../options/parsers.ts";
import { Output } from "../../output/output.ts";
import { withSystem } from "../../system.ts";
import { explainFault, readKeys } from "./keys.ts";

interface Options {
  publicKey?: string[];
  out?: string;
}

/** `weir audit prove`: checks on this machine that an entry is in the trail, unchanged. */
export const proveCommand = (): Command =>
  new Command("prove")
    .description(
      "get the proof of one entry and check it on this machine; a file is checked with no server and no network",
    )
    .argument(
      "<request id|file>",
      "X-Request-Id of the call's response; or the response of GET /v1/audit/{request_id}/proof in a file, - for standard input",
    )
    .option("--public-key <file...>", "Ed25519 keys in PEM; without any, the signature is not checked")
    .option("--out <file>", "also write the proof to this file")
    .action(prove);

async function prove(what: string, options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const publicKeys = await readKeys(options);
  const given = await proofText(what, command);
  if (options.out !== undefined) await writeFile(options.out, given);
  const proof = readProof(given, what);
  const fault = checkProof(proof, publicKeys);
  const { entry, seal, checkpoint, note } = proof;
  if (fault) process.exitCode = exitCodes.failed;
  const signatures = publicKeys.length > 0 && checkpoint ? "checked" : "unchecked";
  const result = {
    valid: !fault,
    signatures,
    checkpoint: checkpoint?.checkpoint ?? null,
    first_invalid: fault,
  };
  await output.print(result, () => {
    if (fault) return [`INVALID: ${explainFault(fault)}`];
    return [
      `Valid: the call ${entry.request_id} (${entry.method} ${entry.path}, ${entry.status}) of ${entry.at} is in seal ${seal.seal} of lane ${seal.lane}.`,
      checkpoint
        ? `Checkpoint ${checkpoint.checkpoint}, made at ${checkpoint.made_at}, includes it.`
        : (note ?? ""),
      ...(checkpoint && publicKeys.length === 0
        ? ["Its signature was not checked: specify --public-key."]
        : []),
    ];
  });
}

async function proofText(what: string, command: Command): Promise<string> {
  if (what === "-") return text(process.stdin);
  if (!UUID.test(what)) return readFile(what, "utf8");
  const call = { path: { request_id: what } };
  const proof = await withSystem(command, { scope: "audit" }, (api) => api.call("getProof", call));
  return `${JSON.stringify(proof)}\n`;
}

function readProof(given: string, what: string) {
  try {
    return parseProof(given);
  } catch (error) {
    throw usageError(`${what === "-" ? "Standard input" : what} has no proof: ${(error as Error).message}`);
  }
}
