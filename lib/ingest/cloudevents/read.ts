/** CloudEvents 1.0 in a request: one in binary or structured mode, or a batch. */
import { bodyText, parseJson } from "../../http/body.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import type { Items } from "../batch.ts";
import { itemFault, toIncoming } from "../event.ts";
import { readCloudEvent } from "./attributes.ts";
import { fromBinaryMode, isBinaryMode } from "./binary.ts";
import { BATCHED, STRUCTURED } from "./types.ts";

/**
 * The CloudEvents of a request. Its time of arrival is the timestamp of those without `time`.
 * @returns undefined if the request's headers name no CloudEvent
 * @throws {Problem} if the body itself is invalid
 */
export function readCloudEvents(request: ApiRequest): Items | undefined {
  const values = readValues(request);
  if (values === undefined) return undefined;
  const arrivedAt = new Date(request.receivedAt).toISOString();
  return {
    values,
    read: (value, index, reading) => {
      const sent = readCloudEvent(value, arrivedAt);
      return "event" in sent
        ? toIncoming(sent, index, reading)
        : itemFault(index, sent.eventId, sent.pointer, sent.detail);
    },
    // A header may contain such strings unescaped.
    unsure: true,
  };
}

function readValues(request: ApiRequest): readonly unknown[] | undefined {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").toLowerCase().split(";");
  const mediaType = type.trim();
  if (!mediaType.startsWith("application/cloudevents"))
    return isBinaryMode(request) ? [fromBinaryMode(request)] : undefined;
  if (mediaType !== STRUCTURED && mediaType !== BATCHED)
    throw new Problem(
      "unsupported-media-type",
      `Send CloudEvents as ${STRUCTURED} or ${BATCHED}, or in binary mode.`,
    );
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith("charset="));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new Problem("unsupported-media-type", "The only supported charset is utf-8.");
  const value = parseJson(bodyText(request), true);
  if (mediaType === STRUCTURED) return [value];
  if (!Array.isArray(value)) throw new Problem("invalid-body", "A batch of CloudEvents is a JSON array.");
  return value;
}
