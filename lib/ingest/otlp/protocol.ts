/** OTLP/HTTP logs: docs/otlp.md. */
import { presentedKey } from "../../auth/authenticate.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import type { Protocol } from "../ingest.ts";
import { answerLogs } from "./answer.ts";
import { sendLogs } from "./contract.ts";
import { readLogs } from "./read.ts";

const HOW = "Send an API key in the header X-API-Key, or as a bearer token in Authorization.";

export const OTLP_LOGS: Protocol = {
  operation: sendLogs,
  key: ({ headers }) => presentedKey(headers["x-api-key"] ?? bearerToken(headers), HOW),
  read: readLogs,
  acceptedStatus: 200,
  answer: answerLogs,
};

const bearerToken = ({ authorization }: ApiRequest["headers"]): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
