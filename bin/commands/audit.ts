import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import type { Deps } from "../../lib/app/connect.ts";
import { checkpointsAfter } from "../../lib/audit/read/checkpoints.ts";
import { auditPiece } from "../../lib/audit/read/export.ts";
import type { Instant } from "../../lib/base/time.ts";
import type { ExportFormat } from "../../lib/http/download.ts";
import { exportFormats, MAX_EXPORTED } from "../../lib/http/download.ts";
import { type Checkpoint, readPublicKey } from "../../lib/trail/checkpoint.ts";
import { linesOf, verifyLines } from "../../lib/trail/file.ts";
import { checkProof, parseProof } from "../../lib/trail/prove.ts";
import { type Fault, parseCheckpoint } from "../../lib/trail/trail.ts";
import type { Verification } from "../../lib/trail/verification.ts";
import { eraseCommand } from "./audit-erase.ts";
import { keygenCommand } from "./audit-keygen.ts";
import { recoverCommand } from "./audit-recover.ts";
import { print, withAudit } from "./connect.ts";
import { instant, numberFromZero, requestId, status } from "./options.ts";
import { everyPiece, writeOut } from "./output.ts";

/** `weir audit`: exports, verifies and maintains the audit trail. */
export function auditCommand(): Command {
  const command = new Command("audit").description("export, verify and maintain the audit log of all calls");
  command
    .command("export")
    .description("write the audit log to a file: a trail that `verify` can check, or a table")
    .addOption(new Option("--format <format>", "format of the file").choices(exportFormats).default("ndjson"))
    .option("--client <id>", "only this client's calls")
    .option("--method <method>", "only calls with this method")
    .option("--route <route>", "only calls of this route, such as /v1/events/{event_id}")
    .option("--status <status>", "only responses with this status, or of a class such as 4xx", status)
    .option("--path <path>", "only calls of this path, or of this prefix if it ends with *")
    .option("--address <address>", "only calls from this IP address")
    .option("--request-id <id>", "only this call", requestId)
    .option("--start <time>", "calls at or after this time", instant)
    .option("--end <time>", "calls before this time", instant)
    .option("--out <file>", "output file; by default, standard output")
    .action(exportAll);
  command
    .command("verify")
    .description("verify an exported trail, with no server and no network")
    .argument("<file>", "file written by `export`; - for standard input")
    .option("--public-key <file...>", "Ed25519 keys in PEM; without any, signatures are not checked")
    .option("--checkpoints <file...>", "your copies of checkpoints, one per line")
    .action(verify);
  command
    .command("prove")
    .description("check the proof of one entry, with no server and no network")
    .argument("<file>", "response of GET /v1/audit/{request_id}/proof; - for standard input")
    .option("--public-key <file...>", "Ed25519 keys in PEM; without any, the signature is not checked")
    .action(prove);
  command
    .command("checkpoints")
    .description(
      "print signed checkpoints, one per line, oldest first; keep copies where the operator can't change them",
    )
    .option("--after <number>", "only checkpoints with a higher number", numberFromZero, 0)
    .action(printCheckpoints);
  return command.addCommand(recoverCommand()).addCommand(eraseCommand()).addCommand(keygenCommand());
}

interface ExportOptions {
  format: ExportFormat;
  client?: string;
  method?: string;
  route?: string;
  status?: string;
  path?: string;
  address?: string;
  requestId?: string;
  start?: Instant;
  end?: Instant;
  out?: string;
}

async function exportAll(options: ExportOptions, command: Command): Promise<void> {
  const { format, out, requestId: id, ...given } = options;
  const query = { ...given, request_id: id };
  await withAudit(command, (deps) => {
    const read = (cursor?: string) =>
      auditPiece(deps, query, given.client ?? null, { format, limit: MAX_EXPORTED, cursor });
    return writeOut(everyPiece("entries", read), out);
  });
}

interface CheckOptions {
  publicKey?: string[];
  checkpoints?: string[];
}

async function verify(file: string, options: CheckOptions, command: Command): Promise<void> {
  const publicKeys = await readKeys(options);
  const copies = await readCopies(options);
  const input = file === "-" ? process.stdin.setEncoding("utf8") : createReadStream(file, "utf8");
  const result = await verifyLines(linesOf(input as AsyncIterable<string>), { publicKeys, copies });
  if (!result.valid) process.exitCode = 1;
  print(command, result, describe(result));
}

const readKeys = async ({ publicKey = [] }: CheckOptions) => {
  const texts = await Promise.all(publicKey.map((file) => readFile(file, "utf8")));
  return texts.flatMap((pem) =>
    (pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [pem]).map(readPublicKey),
  );
};

async function readCopies({ checkpoints = [] }: CheckOptions): Promise<Checkpoint[]> {
  const texts = await Promise.all(checkpoints.map((file) => readFile(file, "utf8")));
  return texts.flatMap((lines, index) =>
    lines
      .split("\n")
      .map((line, number) => ({ line, number }))
      .filter(({ line }) => line.trim() !== "")
      .map(({ line, number }) => {
        try {
          return parseCheckpoint(line);
        } catch (error) {
          const place = `${checkpoints[index]}, line ${number + 1}`;
          throw new Error(`${place} is not a checkpoint: ${(error as Error).message}`);
        }
      }),
  );
}

function describe(result: Verification): string[] {
  const { entries, seals, checkpoints, withheld, expired, erased, head, signatures } = result;
  const count = (number: number, text: string): string => `${number.toLocaleString("en")} ${text}`;
  const notes = [
    erased > 0 && count(erased, "entries have an erased address and user agent."),
    expired > 0 && count(expired, "entries have expired and were deleted; their seals are present."),
    withheld > 0 && count(withheld, "entries were excluded by the export's filter; their seals are present."),
    signatures === "unchecked" && "Signatures of checkpoints were not checked: specify --public-key.",
  ].filter((note) => note !== false);
  const found = `${count(entries, "entries")} in ${count(seals, "seals")}, ${count(checkpoints, "checkpoints")}`;
  if (result.first_invalid)
    return [`INVALID: ${explainFault(result.first_invalid)}`, `Valid before that: ${found}.`, ...notes];
  const last = head.checkpoint;
  const upTo = last
    ? `The last checkpoint is ${last.checkpoint}, made at ${last.made_at}.`
    : "There is no checkpoint, so deleted newest entries can't be detected.";
  return [`Valid: ${found}.`, upTo, ...notes];
}

/** Describes a fault and its place. */
function explainFault({ kind, reason, ...place }: Fault): string {
  const names = Object.entries(place).filter(([, value]) => value !== undefined);
  const where = names.map(([name, value]) => `${name.replace("_", " ")} ${value}`).join(", ");
  return `${kind}${where === "" ? "" : ` (${where})`}: ${reason}`;
}

async function prove(file: string, options: CheckOptions, command: Command): Promise<void> {
  const publicKeys = await readKeys(options);
  const proof = parseProof(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"));
  const fault = checkProof(proof, publicKeys);
  const { entry, seal, checkpoint, note } = proof;
  if (fault) process.exitCode = 1;
  const signatures = publicKeys.length > 0 && checkpoint ? "checked" : "unchecked";
  const result = {
    valid: !fault,
    signatures,
    checkpoint: checkpoint?.checkpoint ?? null,
    first_invalid: fault,
  };
  if (fault) return print(command, result, [`INVALID: ${explainFault(fault)}`]);
  print(command, result, [
    `Valid: the call ${entry.request_id} (${entry.method} ${entry.path}, ${entry.status}) of ${entry.at} is in seal ${seal.seal} of lane ${seal.lane}.`,
    checkpoint
      ? `Checkpoint ${checkpoint.checkpoint}, made at ${checkpoint.made_at}, includes it.`
      : (note ?? ""),
    ...(checkpoint && publicKeys.length === 0
      ? ["Its signature was not checked: specify --public-key."]
      : []),
  ]);
}

async function printCheckpoints({ after }: { after: number }, command: Command): Promise<void> {
  await withAudit(command, async (deps) => {
    for await (const checkpoint of everyCheckpoint(deps, after)) console.log(JSON.stringify(checkpoint));
  });
}

async function* everyCheckpoint({ sql }: Deps, after: number): AsyncGenerator<Checkpoint> {
  for (let from = after; ; ) {
    const { checkpoints } = await checkpointsAfter(sql, from, 1_000);
    yield* checkpoints;
    const last = checkpoints.at(-1);
    if (!last) return;
    from = last.checkpoint;
  }
}
