/** The options that choose events. */
import type { Command } from "commander";
import { condition, several } from "../options/parsers.ts";
import { addRange, type RangeOptions, rangeOf } from "../options/range.ts";

export interface FilterOptions extends RangeOptions {
  type?: string;
  client?: string;
  where?: string[];
}

const WHERE_HELP = "such as payload.magnitude>=4.5; may be given more than once, and then all must hold";

/** Adds --type, --client, --where. */
export const addConditions = (command: Command): Command =>
  command
    .option("--type <event type>", "only events of this type")
    .option("--client <id>", "only this client's events, for an administrator's key")
    .option("--where <condition>", WHERE_HELP, condition);

/** Adds those, and a range. */
export const addFilter = (command: Command): Command => addRange(addConditions(command), "events");

export interface CountFilterOptions extends RangeOptions {
  type?: string[];
  client?: string;
  where?: string[];
}

/** Adds any number of types, a client and a range. */
export const addTypes = (command: Command): Command =>
  addRange(
    command
      .option("--type <event type>", "only events of this type; may be given more than once", several)
      .option("--client <id>", "only this client's events, for an administrator's key"),
    "events",
  );

/** Adds those, and conditions. */
export const addCountFilter = (command: Command): Command =>
  addTypes(command).option("--where <condition>", WHERE_HELP, condition);

interface Query<Type> {
  event_type?: Type;
  client?: string;
  where?: string[];
  start?: string;
  end?: string;
}

/** The parameters that the options mean. @param zone of times without an offset @throws {CliError} */
export function filterOf<Type>(
  { type, client, where = [], ...range }: RangeOptions & { type?: Type; client?: string; where?: string[] },
  zone: string,
): Query<Type> {
  return {
    ...(type !== undefined && { event_type: type }),
    ...(client !== undefined && { client }),
    ...(where.length > 0 && { where }),
    ...rangeOf(range, zone),
  };
}
