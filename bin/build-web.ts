/** `npm run build:web [folder]`: builds the dashboard and the documentation, by default into `web/dist`. */
import { resolve } from "node:path";
import { buildPages, PAGES_FOLDER } from "../web/build.ts";

await buildPages(console.log, resolve(process.argv[2] ?? PAGES_FOLDER));
