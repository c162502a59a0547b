import * as z from "zod";

/** What a key may do; `admin` includes the others and sees every client's data. */
export const scopeSchema = z.enum(["ingest", "read", "audit", "admin"]);
export type Scope = z.output<typeof scopeSchema>;
