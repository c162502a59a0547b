/** Functions that serverless-offline runs for comparison with Weir's. */
import { Redis } from "ioredis";
import { plainHandler } from "../baseline/api.ts";
import { connect } from "../baseline/schema.ts";

const CONNECTIONS = 16;
let handler;

export const empty = async () => ({ statusCode: 202, body: "{}" });

export const plain = (event) => {
  handler ??= plainHandler(connect(process.env.DATABASE_URL, CONNECTIONS), new Redis(process.env.REDIS_URL));
  return handler(event);
};
