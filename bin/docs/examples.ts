/** The examples of the guides and the README: programs in `docs/examples`, shown there with the output that they had. */
import { readdir, readFile } from "node:fs/promises";

const ROOT = new URL("../../", import.meta.url);
const GUIDES = "docs/guides";

/** Languages in the order in which they are shown, by the ending of their files. */
export const LANGUAGES = { sh: "sh", ts: "ts", py: "python" } as const;
export type Ending = keyof typeof LANGUAGES;
const ENDINGS = Object.keys(LANGUAGES) as Ending[];

/** A place in a guide that shows an example. */
export interface Example {
  /** Of the programs, without the ending: `first-event/send`. */
  name: string;
  /** Run again, so only its output is shown. */
  isRepeated: boolean;
  /** The output as the guide shows it; empty if it shows none yet. */
  output: string;
}

/** `<!-- example: name -->` or `<!-- example: name, again -->`, what is made of it, and `<!-- end -->`. */
const PLACE = /<!-- example: ([\w/-]+)(, again)? -->\n(.*?)<!-- end -->/gs;
const OUTPUT = /```(?:json|text)\n(.*?)\n```\n\n$/s;

/** Paths of the files that show examples. */
export async function listGuides(): Promise<string[]> {
  const names = (await readdir(new URL(GUIDES, ROOT))).filter((name) => name.endsWith(".md")).sort();
  return ["README.md", ...names.map((name) => `${GUIDES}/${name}`)];
}

export const guideFile = (path: string): URL => new URL(path, ROOT);
export const exampleFile = (name: string, ending: Ending): URL =>
  new URL(`docs/examples/${name}.${ending}`, ROOT);

export const examplesOf = (guide: string): Example[] =>
  Array.from(guide.matchAll(PLACE), ([, name = "", again, content = ""]) => ({
    name,
    isRepeated: again !== undefined,
    output: OUTPUT.exec(content)?.[1] ?? "",
  }));

/** The programs of an example, by their endings. */
export async function programsOf(name: string): Promise<Map<Ending, string>> {
  const texts = await Promise.all(
    ENDINGS.map(async (ending) => [ending, await read(exampleFile(name, ending))] as const),
  );
  return new Map(texts.filter((entry): entry is [Ending, string] => entry[1] !== undefined));
}

const read = (file: URL): Promise<string | undefined> => readFile(file, "utf8").catch(() => undefined);

/** The guide with the programs of its examples as they are now. @param outputs of the examples, in order */
export async function fillGuide(guide: string, outputs: readonly string[]): Promise<string> {
  const parts: string[] = [];
  let at = 0;
  for (const [index, match] of [...guide.matchAll(PLACE)].entries()) {
    const [whole, name = "", again] = match;
    const programs = again === undefined ? [...(await programsOf(name))] : [];
    if (again === undefined && programs.length === 0) throw new Error(`The example ${name} has no program.`);
    const blocks = programs.map(
      ([ending, text]) => `\`\`\`${LANGUAGES[ending]}\n${text.trimEnd()}\n\`\`\`\n\n`,
    );
    const output = outputs[index] ?? "";
    if (output !== "") blocks.push(`\`\`\`${isJson(output) ? "json" : "text"}\n${output}\n\`\`\`\n\n`);
    const head = whole.slice(0, whole.indexOf("\n") + 1);
    parts.push(guide.slice(at, match.index), head, "\n", ...blocks, "<!-- end -->");
    at = match.index + whole.length;
  }
  return parts.join("") + guide.slice(at);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const VARYING =
  /"(processing_latency_ms|lag_ms|duration_ms|bytes_in|bytes_out|lane|seal|leaf|user_agent|key_prefix|client_id|source|next_cursor)":(?:"[^"]*"|\d+|null)/g;

/** What of an output is the same in each run and each language. */
export const comparable = (output: string): string =>
  output.trim().replaceAll(UUID, "ID").replaceAll(TIME, "TIME").replaceAll(VARYING, '"$1":…');
