import pkg from "../../package.json" with { type: "json" };

/** Weir's own version. */
export const version: string = pkg.version;
