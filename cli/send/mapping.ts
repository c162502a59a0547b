/** How the columns of a table become events: `--map event_id=id,timestamp=when,payload.amount=price:number`. */
import { parseExact } from "../../lib/base/json.ts";
import { readProperty } from "../../lib/query/property.ts";
import { usageError } from "../errors.ts";
import { toInstant } from "../output/time.ts";
import type { DraftEvent } from "./record.ts";

const TYPES = ["text", "number", "boolean", "json", "unix", "unix_ms", "auto"] as const;
type Type = (typeof TYPES)[number];

interface Target {
  /** Names of the members from the event down. */
  path: readonly string[];
  column: string;
  type: Type;
}

export interface MappingOptions {
  map: readonly string[];
  /** Columns that no mapping names are left out. */
  onlyMapped: boolean;
  /** Numbers, true and false in the other columns become JSON numbers and booleans. */
  infer: boolean;
  zone: string;
}

/** Turns the cells of a row into an event. @throws {TypeError} if a cell does not have its type */
export type Mapping = (cells: readonly string[]) => DraftEvent;

const MEMBERS = ["event_id", "event_type", "timestamp", "payload"];

/**
 * @param head names of the columns
 * @throws {CliError} if a mapping is invalid or names an unknown column
 */
export function createMapping(head: readonly string[], options: MappingOptions): Mapping {
  const given = options.map.flatMap((text) => splitMaps(text).map((one) => readMap(one, head)));
  const mapped = new Set(given.map(({ column }) => column));
  const isTarget = (name: string): boolean => given.some(({ path }) => path[0] === name && path.length === 1);
  // Columns with the names of members, such as those of Weir's own exports.
  const named = MEMBERS.filter((name) => head.includes(name) && !mapped.has(name) && !isTarget(name)).map(
    (name): Target => ({ path: [name], column: name, type: name === "payload" ? "json" : "text" }),
  );
  const used = new Set([...mapped, ...named.map(({ column }) => column)]);
  const others = options.onlyMapped ? [] : head.filter((column) => !used.has(column));
  const rest = others.map(
    (column): Target => ({ path: ["payload", column], column, type: options.infer ? "auto" : "text" }),
  );
  // A whole payload first, so that single members are added to it.
  const targets = [...named, ...given, ...rest].sort((a, b) => a.path.length - b.path.length);
  const cells = targets.map(({ path, column, type }) => ({
    path,
    type,
    column,
    index: head.indexOf(column),
  }));
  return (row) => {
    const event: DraftEvent = { payload: {} };
    for (const { path, type, column, index } of cells) {
      const fault = (what: string) =>
        new TypeError(`Column ${column}: ${JSON.stringify(row[index])} is not ${what}.`);
      const cell = row[index] ?? "";
      const value =
        path[0] === "timestamp" ? toTime(cell.trim(), type, options.zone, fault) : toValue(cell, type, fault);
      if (value !== undefined) assign(event, path, value, column);
    }
    return event;
  };
}

/** At commas outside quotation marks. */
const splitMaps = (text: string): string[] =>
  (text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((one) => one.trim());

function readMap(text: string, head: readonly string[]): Target {
  const fault = (why: string) =>
    usageError(`--map ${JSON.stringify(text)} ${why}.`, [
      "Write TARGET=COLUMN or TARGET=COLUMN:TYPE; a target is event_id, event_type, timestamp, payload or a property such as payload.amount.",
    ]);
  const [, target = "", source = ""] = /^((?:[^="]|"(?:[^"\\]|\\.)*")+)=(.+)$/.exec(text) ?? [];
  if (target === "") throw fault("has no =");
  const [, name = source, typeName] = head.includes(source) ? [] : (/^(.*):(\w+)$/.exec(source) ?? []);
  if (!head.includes(name))
    throw fault(`names a column that the table does not have. It has: ${head.join(", ")}`);
  const type = TYPES.find((one) => one === (typeName ?? "text"));
  if (type === undefined) throw fault(`has an unknown type. Types are ${TYPES.join(", ")}`);
  const column = { column: name, type };
  if (MEMBERS.includes(target))
    return {
      path: [target],
      ...column,
      type: target === "payload" && typeName === undefined ? "json" : type,
    };
  try {
    const { path, length } = readProperty(target);
    // An array comes from a column of type json.
    if (length === target.length && !target.includes("[")) return { path: ["payload", ...path], ...column };
  } catch {
    // Said below.
  }
  throw fault("has an unknown target");
}

/** RFC 8259, section 6. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

type Faulty = (what: string) => TypeError;

/** @returns undefined for an empty cell that is not text */
function toValue(text: string, type: Type, fault: Faulty): unknown {
  const cell = text.trim();
  if (type === "text") return text;
  if (cell === "") return type === "auto" ? "" : undefined;
  switch (type) {
    case "number":
      if (!NUMBER.test(cell)) throw fault("a JSON number");
      return parseExact(cell);
    case "boolean":
      if (cell !== "true" && cell !== "false") throw fault("true or false");
      return cell === "true";
    case "json":
      try {
        return parseExact(cell);
      } catch {
        throw fault("JSON");
      }
    case "auto":
      return NUMBER.test(cell) || cell === "true" || cell === "false" ? parseExact(cell) : text;
    default:
      throw fault("a timestamp's target, and unix and unix_ms are for timestamps only");
  }
}

function toTime(cell: string, type: Type, zone: string, fault: Faulty): string | undefined {
  if (cell === "") return undefined;
  if (type === "unix" || type === "unix_ms") {
    const date = new Date(Math.round(Number(cell) * (type === "unix" ? 1_000 : 1)));
    if (!/^-?\d+(?:\.\d+)?$/.test(cell) || Number.isNaN(date.getTime())) throw fault("a Unix time");
    return date.toISOString();
  }
  const time = cell === "now" ? undefined : toInstant(cell, zone);
  if (time === undefined) throw fault("a time");
  return time;
}

/** Sets a member, and makes the objects above it. */
function assign(event: DraftEvent, path: readonly string[], value: unknown, column: string): void {
  // An empty id or type is a missing one.
  if (path.length === 1 && value === "") return;
  let holder: object = event;
  for (const [index, name] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(holder, name)) define(holder, name, {});
    const next: unknown = (holder as Record<string, unknown>)[name];
    if (typeof next !== "object" || next === null)
      throw new TypeError(`Column ${column}: ${path.slice(0, index + 1).join(".")} is not an object.`);
    holder = next;
  }
  define(holder, path.at(-1) ?? "", value);
}

/** Not by assignment, which would set the prototype for the name __proto__. */
const define = (holder: object, name: string, value: unknown): void =>
  void Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
