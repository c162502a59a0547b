/** A file that a site consists of, as its build makes it. */
export interface SiteFile {
  /** Of the URL: `/docs/first-event`, or `/assets/<name>-<hash of its content>.<extension>`. */
  path: string;
  /** Media type, with the charset of a text. */
  type: string;
  body: string | Uint8Array;
  /** Content-Security-Policy of a page, see `policy`. */
  policy?: string;
}

/** The program of one site, `web/<site>/build.ts`. */
export interface SiteBuild {
  build(): Promise<SiteFile[]>;
}
