import * as z from "zod";

/** Permissions of a key; `admin` includes the others and sees the data of all clients. */
export const scopeSchema = z.enum(["ingest", "read", "audit", "admin"]);
export type Scope = z.output<typeof scopeSchema>;
