import { randomBytes } from "node:crypto";

/** A new, valid `traceparent`. */
export const aTraceparent = (): string =>
  `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;
