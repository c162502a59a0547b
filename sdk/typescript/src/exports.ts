export * from "./client.ts";
export * from "./errors.ts";
export type { EventInput } from "./event.ts";
export type { components, operations, paths } from "./generated/openapi.ts";
export type { ConnectionOptions } from "./http.ts";
export type { Confirmation, Delivery, SenderOptions, WaitOptions } from "./options.ts";
