import type { Settings } from "../health/server-settings.ts";
import { type Finding, failure, ok, warning } from "./finding.ts";

/** One finding for each unsafe setting, or one for all. */
export function settingFindings(server: "PostgreSQL" | "Redis", { weak, unknown }: Settings): Finding[] {
  const about = { server, check: "settings" } as const;
  const found = [
    ...weak.map(({ setting, value, wanted, risk }) =>
      failure(about, `${setting} is ${value}`, `Set it to ${wanted}. ${risk}`),
    ),
    ...unknown.map((setting) =>
      warning(about, `${setting} is not disclosed`, "Look it up where the server is configured."),
    ),
  ];
  return found.length > 0 ? found : [ok(about, "keep what Weir promises")];
}
