/** Which requests come from a page of another origin. */
import { expect, it } from "vitest";
import { foreignOrigin } from "../../../lib/http/cors.ts";

const OWN = "https://weir.example";
const SHOP = "https://shop.example";

it.each<[string, Record<string, string>]>([
  ["a program", { host: "weir.example" }],
  ["a program that claims to be a browser", { host: "weir.example", "sec-fetch-site": "cross-site" }],
  ["a page of this server", { origin: OWN, host: "weir.example", "sec-fetch-site": "same-origin" }],
  [
    "a page of this server, whose proxy replaces the host",
    { origin: OWN, host: "inner:3000", "sec-fetch-site": "same-origin" },
  ],
  [
    "a page of this server over HTTP, where browsers name no site",
    { origin: "http://weir.lan:3000", host: "weir.lan:3000" },
  ],
  ["a page of this server, whose proxy names the default port", { origin: OWN, host: "weir.example:443" }],
  ["a page of this server, at an address", { origin: "http://[::1]:3000", host: "[::1]:3000" }],
])("%s is not one", (_, headers) => {
  expect(foreignOrigin({ headers })).toBeUndefined();
});

it.each<[string, Record<string, string>]>([
  ["of another site", { origin: SHOP, host: "weir.example", "sec-fetch-site": "cross-site" }],
  [
    "of another name of the same site",
    { origin: "https://www.weir.example", host: "weir.example", "sec-fetch-site": "same-site" },
  ],
  ["without a site", { origin: SHOP, host: "weir.example" }],
  [
    "that names a host, as a proxy would",
    { origin: SHOP, host: "weir.example", "x-forwarded-host": "shop.example" },
  ],
  ["at another port", { origin: "http://weir.lan:8080", host: "weir.lan:3000" }],
  ["at the port that belongs to another scheme", { origin: "http://weir.example", host: "weir.example:443" }],
  ["whose origin is secret", { origin: "null", host: "null" }],
  ["in a file", { origin: "file://", host: "" }],
  ["in an extension of the browser", { origin: "chrome-extension://abc", host: "weir.example" }],
  ["that sends no host", { origin: SHOP }],
  ["with an invalid Host header", { origin: SHOP, host: "[" }],
])("a page %s is one", (_, headers) => {
  expect(foreignOrigin({ headers })).toBe(headers.origin);
});
