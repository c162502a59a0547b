/** checkov, which checks templates against rules for security, from Python's package index. */
import { join } from "node:path";
import { z } from "zod";
import { run } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { PROJECT } from "./stack.ts";

const VERSION = "3.3.30";

const findingSchema = z.object({
  check_id: z.string(),
  check_name: z.string(),
  file_abs_path: z.string(),
  /** `<type>.<name in the template>` */
  resource: z.string(),
});
export type Finding = z.output<typeof findingSchema>;

const reportSchema = z.object({
  results: z.object({
    failed_checks: z.array(findingSchema),
    parsing_errors: z.array(z.unknown()).length(0),
  }),
  summary: z.object({ passed: z.number().min(1), resource_count: z.number() }),
});

/** @throws if it could not read a template */
export async function check(templates: readonly string[]): Promise<Finding[]> {
  const { bin } = await pythonTool(PROJECT, "checkov", VERSION);
  const files = templates.flatMap((file) => ["--file", file]);
  const words = ["--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"];
  const { output, stdout } = await run(join(bin, "checkov"), [...words, ...files], {
    cwd: PROJECT,
    env: process.env,
  });
  if (!stdout.trimStart().startsWith("{")) throw new Error(`checkov did not run:\n${output}`);
  return reportSchema.parse(JSON.parse(stdout)).results.failed_checks;
}
