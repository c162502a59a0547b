/** Commands that read entries: `weir audit list`, `weir audit export`. */
import { Command, Option } from "commander";
import type { components } from "../../../sdk/typescript/src/node.ts";
import { addPaging, type PageOptions, printPages } from "../../api/pages.ts";
import { requestId, status } from "../../options/parsers.ts";
import { addRange, type RangeOptions, rangeOf } from "../../options/range.ts";
import { countCsvRows, countLines, everyPiece, writeOut } from "../../output/file.ts";
import { Output } from "../../output/output.ts";
import type { Style } from "../../output/style.ts";
import type { Column } from "../../output/table.ts";
import { withSystem } from "../../system.ts";

type Entry = components["schemas"]["AuditEntry"];

interface FilterOptions extends RangeOptions {
  client?: string;
  method?: string;
  route?: string;
  status?: string;
  path?: string;
  address?: string;
  requestId?: string;
}

const addFilter = (command: Command): Command =>
  addRange(
    command
      .option("--client <id>", "only this client's calls")
      .option("--method <method>", "only calls with this method")
      .option("--route <route>", "only calls of this route, such as /v1/events/{event_id}")
      .option("--status <status>", "only responses with this status, or of a class such as 4xx", status)
      .option("--path <path>", "only calls of this path, or of this prefix if it ends with *")
      .option("--address <address>", "only calls from this IP address")
      .option("--request-id <id>", "only this call", requestId),
    "calls",
  );

function filterOf(options: FilterOptions, zone: string) {
  const { client, method, route, status: code, path, address, requestId: id } = options;
  return {
    ...(client !== undefined && { client }),
    ...(method !== undefined && { method }),
    ...(route !== undefined && { route }),
    ...(code !== undefined && { status: code }),
    ...(path !== undefined && { path }),
    ...(address !== undefined && { address }),
    ...(id !== undefined && { request_id: id }),
    ...rangeOf(options, zone),
  };
}

/** `weir audit list`: who called what. */
export const listCommand = (): Command =>
  addPaging(addFilter(new Command("list").description("list calls, newest first")), "calls").action(list);

const STATUS_STYLES: Record<string, Style> = { 2: "green", 3: "cyan", 4: "yellow", 5: "red" };

async function list(options: FilterOptions & PageOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const { time } = output;
  const columns: Column<Entry>[] = [
    { head: "TIME", of: ({ at }) => time(at) },
    { head: "CLIENT", of: ({ client_id }) => client_id },
    { head: "METHOD", of: ({ method }) => method },
    {
      head: "STATUS",
      of: (one) => one.status,
      style: (one) => STATUS_STYLES[String(one.status).slice(0, 1)],
    },
    { head: "MS", of: ({ duration_ms }) => duration_ms, right: true },
    { head: "ADDRESS", of: ({ address, erased }) => (erased ? "erased" : address) },
    { head: "REQUEST", of: ({ request_id }) => request_id },
    { head: "PATH", of: ({ path }) => path },
  ];
  const query = filterOf(options, output.zone);
  const { limit, all } = options;
  const paging = { ...(limit !== undefined && { limit }), ...(all !== undefined && { all }) };
  const shape = { ...paging, name: "entries", columns, empty: "No calls." };
  await withSystem(command, { scope: "audit" }, (api) =>
    printPages(output, shape, async (page) => {
      const { entries, next_cursor } = await api.call("listAudit", { query: { ...query, ...page } });
      return { rows: entries, cursor: next_cursor };
    }),
  );
}

/** `weir audit export`: the trail as a file, or a table. */
export const exportCommand = (): Command =>
  addFilter(
    new Command("export").description(
      "write the audit log to a file: a trail that `verify` can check, or a table",
    ),
  )
    .addOption(
      new Option("--format <format>", "format of the file").choices(["ndjson", "csv"]).default("ndjson"),
    )
    .option("--out <file>", "output file; by default, standard output")
    .action(exportAll);

interface ExportOptions extends FilterOptions {
  format: "ndjson" | "csv";
  out?: string;
}

async function exportAll({ format, out, ...options }: ExportOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const query = { format, ...filterOf(options, output.zone) };
  await withSystem(command, { scope: "audit", servers: true }, (api) => {
    const read = (cursor: string | undefined) =>
      api.piece("exportAudit", { ...query, ...(cursor !== undefined && { cursor }) });
    const rows = format === "csv" ? countCsvRows() : (text: string) => countLines(text, '{"type":"entry"');
    return writeOut(everyPiece("entries", rows, read), out);
  });
}
