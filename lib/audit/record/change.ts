import { withoutSecrets } from "../../base/redact.ts";
import type { Changed } from "../../http/call.ts";
import type { Change } from "../../trail/entry.ts";

/** For changes that nobody requested, such as the built-in clients of a local system. */
export const unrecorded: Changed = () => {};

/** Converts a change to the form that is recorded: JSON, with anything that looks like an API key cut in its strings. */
export const recordable = (change: Change): Change =>
  JSON.parse(
    JSON.stringify(change, (_, value: unknown) =>
      typeof value === "string" ? withoutSecrets(value) : value,
    ),
  );
