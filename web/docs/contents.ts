/** Which pages the site has, and in which order. */

export interface Section {
  title: string;
  /** What a reader finds here, for the start page. */
  summary: string;
  /** Markdown files, by their paths in the repository, and pages that are made otherwise, by their URL. */
  pages: readonly string[];
}

/** Made from something other than a Markdown file of `docs`. */
export const API_PAGE = "/docs/api";
export const PROBLEMS_PAGE = "/docs/problems";

/** Folder of the guides. */
export const GUIDES = "docs/guides";

const docs = (names: string): string[] => names.split(" ").map((name) => `docs/${name}.md`);
const guides = (names: string): string[] => names.split(" ").map((name) => `${GUIDES}/${name}.md`);

/** The order of the pages. A file that does not exist is left out; one that is not listed comes last in its section. */
export const SECTIONS = [
  {
    title: "Guides",
    summary: "From the first event to a proof that nothing was changed.",
    pages: guides("first-event sending questions audit errors"),
  },
  {
    title: "Reference",
    summary: "Each call, each parameter and each error.",
    pages: [
      API_PAGE,
      ...docs("queries cloudevents segment otlp webhooks audit business-audit"),
      "sdk/typescript/README.md",
      ...docs("cli cli-session"),
      PROBLEMS_PAGE,
    ],
  },
  {
    title: "Operations",
    summary: "Run Weir on AWS, in containers or on one machine, and keep it well.",
    pages: docs(
      "serve operations archive infra scale security reliability tracing database-users audit-checkpoints audit-recording",
    ),
  },
  {
    title: "Background",
    summary: "How Weir works inside.",
    pages: docs("architecture"),
  },
] as const satisfies readonly Section[];

/** Paths of pages that do not follow from the name of their file. */
export const PATHS: Readonly<Record<string, string>> = {
  "sdk/typescript/README.md": "/docs/sdk",
};

/** Names in the navigation, where the heading of the page is too long or says too little beside the others. */
export const LABELS: Readonly<Record<string, string>> = {
  "docs/audit-checkpoints.md": "Checkpoints and keys",
  "sdk/typescript/README.md": "TypeScript SDK",
};
