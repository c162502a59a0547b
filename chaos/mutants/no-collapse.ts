/**
 * Lets duplicates within a batch reach the statement that stores events. Loaded with `--import` before anything else,
 * since it changes the text of `lib/worker/settlement.ts`.
 */
import { registerHooks } from "node:module";

const COLLAPSE = "if (!rows.has(name)) rows.set(name, row);";
const KEEP = 'rows.set(name + " " + rows.size, row);';

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.endsWith("/lib/worker/settlement.ts")) return loaded;
    const text = String(loaded.source);
    if (!text.includes(COLLAPSE))
      throw new Error("The mutant no-collapse does not match lib/worker/settlement.ts.");
    return { ...loaded, source: text.replace(COLLAPSE, KEEP) };
  },
});
