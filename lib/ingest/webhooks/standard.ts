/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, with symmetric signatures. */
import { unstorable } from "../../base/json.ts";
import { parseTime } from "../../base/time.ts";
import { textMember } from "./members.ts";
import {
  type Headers,
  hmac,
  isMalformed,
  isMissing,
  isTooOld,
  matchesAny,
  NO_MATCH,
  type Scheme,
  secondsOf,
  TOLERANCE_S,
} from "./scheme.ts";

const PREFIX = "whsec_";
/** More signatures than a sender needs while a secret is replaced. */
const MOST_SIGNATURES = 16;
/** Longest `event_type`, in UTF-16 code units. */
const LONGEST = 200;
/** The type of what has none. */
const UNTYPED = "webhook";

/** The names of the specification, and the older ones of Svix, whose library accepts both. */
const NAMES = ["webhook", "svix"] as const;

export const standard: Scheme = {
  headers: NAMES.flatMap((name) => [`${name}-id`, `${name}-timestamp`, `${name}-signature`]),

  check: ({ headers, body, receivedMs }, secrets) => {
    const name = nameIn(headers);
    const id = headers[`${name}-id`];
    const timestamp = headers[`${name}-timestamp`];
    const signature = headers[`${name}-signature`];
    if (!id) return isMissing(`${name}-id`);
    if (!timestamp) return isMissing(`${name}-timestamp`);
    if (!signature) return isMissing(`${name}-signature`);
    const time = secondsOf(timestamp);
    if (time === undefined) return isMalformed(`${name}-timestamp`);
    const now = Math.floor(receivedMs / 1_000);
    if (now - time > TOLERANCE_S) return isTooOld(`${name}-timestamp`);
    if (time - now > TOLERANCE_S)
      return `The time in ${name}-timestamp is more than ${TOLERANCE_S} seconds ahead.`;
    const signatures = read(signature);
    if (signatures.length === 0) return isMalformed(`${name}-signature`);
    const expected = secrets.map((secret) => hmac(keyOf(secret), [`${id}.${timestamp}.`, body]));
    return matchesAny(expected, signatures) ? undefined : NO_MATCH;
  },

  describe: (headers, data) => {
    const name = nameIn(headers);
    const type = textMember(data, "type");
    const time = parseTime(textMember(data, "timestamp") ?? "");
    return {
      // The signature covers it, so it is there.
      id: headers[`${name}-id`] ?? "",
      idFrom: `${name}-id`,
      type: type && type.length <= LONGEST && unstorable(type) === undefined ? type : UNTYPED,
      time: time?.text,
    };
  },
};

const nameIn = (headers: Headers): (typeof NAMES)[number] =>
  NAMES.find((name) => headers[`${name}-signature`] !== undefined) ?? "webhook";

/** `v1,K5oZ… v1,…`; asymmetric signatures (`v1a`) are ignored. */
const read = (header: string): Buffer[] =>
  header
    .split(" ")
    .slice(0, MOST_SIGNATURES)
    .flatMap((one) => {
      const [, base64] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(one) ?? [];
      return base64 === undefined ? [] : Buffer.from(base64, "base64");
    });

/** The bytes of a secret, with or without its prefix. */
const keyOf = (secret: string): Buffer =>
  Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, "base64");
