import pkg from "../../package.json" with { type: "json" };

/** Version of Weir. */
export const version: string = pkg.version;
