import { withoutSecrets } from "../../base/redact.ts";
import type { Changed } from "../../http/call.ts";
import type { Change } from "../../trail/entry.ts";

/** For what nobody has commanded, such as a local system's own clients. */
export const unrecorded: Changed = () => {};

/** As it is written: JSON, and without what looks like a key in a text that somebody chose. */
export const recordable = (change: Change): Change =>
  JSON.parse(
    JSON.stringify(change, (_, value: unknown) =>
      typeof value === "string" ? withoutSecrets(value) : value,
    ),
  );
