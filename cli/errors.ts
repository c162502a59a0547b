/** Errors of the command line, and how they are shown: a sentence, what helps, and an exit code; never a stack trace. */
import { WeirError } from "../sdk/typescript/src/node.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";

/** A failure that the user can understand. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: ExitCode;
  /** Further lines. */
  readonly details: readonly string[];

  constructor(message: string, code: ExitCode = exitCodes.failed, details: readonly string[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** The words or the settings are wrong. */
export const usageError = (message: string, details: readonly string[] = []): CliError =>
  new CliError(message, exitCodes.usage, details);

/** True if the same call may succeed later. */
export const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);

/** Describes an error of the API: its title, what it says, its faults, the request, and where it is explained. */
export function apiError(error: WeirError, url: string): CliError {
  const { status, code, detail, errors, requestId, body } = error;
  const { title, type } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const faults = errors.map(({ parameter, pointer, detail: what }) =>
    [parameter ?? pointer, what].filter((part) => part !== undefined && part !== "").join(": "),
  );
  const page = typeof type === "string" && URL.canParse(type, url) ? new URL(type, url).href : undefined;
  const exit =
    status === 401 || status === 403
      ? exitCodes.refused
      : isTemporary(status)
        ? exitCodes.unreachable
        : exitCodes.failed;
  const message =
    code === undefined
      ? `${url} responded with status ${status}, which is not an answer of Weir's. Is the address right?`
      : `${typeof title === "string" ? title : "The API refused the call"} (${status} ${code})`;
  return new CliError(message, exit, [
    ...(code === undefined ? [] : [detail]),
    ...faults.filter((fault) => fault !== detail),
    ...(requestId === undefined ? [] : [`Request ${requestId}`]),
    ...(page === undefined || code === undefined ? [] : [`See ${page}`]),
  ]);
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the name is unknown",
  EAI_AGAIN: "the name can't be looked up for now",
  ECONNRESET: "the connection was closed",
  UND_ERR_SOCKET: "the connection was closed",
  EHOSTUNREACH: "the host is unreachable",
  ENETUNREACH: "the network is unreachable",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself: set NODE_EXTRA_CA_CERTS",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the authority of its certificate is unknown: set NODE_EXTRA_CA_CERTS",
};

/** Why there is no response, in words. */
export function networkReason(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "it did not respond in time";
  const { cause } = error as { cause?: { code?: string; message?: string } };
  const code = cause?.code ?? (error as { code?: string }).code;
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason !== undefined) return `${reason} (${code})`;
  if (cause?.message === "bad port") return "browsers and Node.js never connect to this port";
  return [cause?.message, (error as Error).message, code].find((text) => text) ?? "no reason is known";
}

/** Whatever a call failed with, as an error to show. */
export function callError(error: unknown, url: string): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof WeirError) return apiError(error, url);
  return new CliError(`${url} can't be reached: ${networkReason(error)}.`, exitCodes.unreachable);
}

/** An error as `explain` and `exitCodeOf` show it. Unknown errors show their message. */
function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof Error) {
    const { name, message, code } = error as Error & { code?: string };
    if (name === "ExitPromptError" || name === "AbortPromptError")
      return new CliError("", exitCodes.interrupted);
    if (name === "ConfigError") return usageError(message);
    // Of the file system: the message has the code and the path.
    if (code === "ENOENT" || code === "EACCES" || code === "EISDIR" || code === "ENOTDIR")
      return usageError(message.replace(/^\w+: (.+), (\w+) '(.*)'$/, "$3: $1"));
    return new CliError(message === "" ? name : message);
  }
  return new CliError(String(error));
}

/** The text for standard error; empty if there is nothing to say. */
export function explain(error: unknown): string {
  const { message, details } = toCliError(error);
  // What a server sent is text, not commands for the terminal.
  return [message, ...details.map((detail) => `  ${detail}`)]
    .join("\n")
    .replaceAll(/[^\P{Cc}\n]/gu, " ")
    .trimEnd();
}

export const exitCodeOf = (error: unknown): ExitCode => toCliError(error).code;
