/** A proxy in front of SQS that injects the faults that a test requests. */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "./listen.ts";

interface BatchAnswer {
  Successful?: { Id: string }[];
  Failed?: object[];
}

export type SqsProxy = Awaited<ReturnType<typeof sqsProxy>>;

export async function sqsProxy(target: string) {
  let refused = (_body: string): boolean => false;
  let throttled = 0;
  let losing = false;
  let sends = 0;
  const groups: (string | undefined)[] = [];

  /** Forwards the accepted messages and adds the refusals to the answer. */
  const sendBatch = async (headers: Headers, body: string): Promise<Response> => {
    const request = JSON.parse(body) as {
      Entries: { Id: string; MessageBody: string; MessageGroupId?: string }[];
    };
    groups.push(...request.Entries.map(({ MessageGroupId }) => MessageGroupId));
    const bad = request.Entries.filter(({ MessageBody }) => refused(MessageBody));
    const good = request.Entries.filter((entry) => !bad.includes(entry));
    const passOn = JSON.stringify({ ...request, Entries: good });
    const response =
      good.length > 0 ? await fetch(target, { method: "POST", headers, body: passOn }) : Response.json({});
    const answer = (await response.json()) as BatchAnswer;
    const failure = { SenderFault: false, Code: "InternalError", Message: "test" };
    const failures = bad.map(({ Id }) => ({ Id, ...failure }));
    return Response.json({ ...answer, Failed: [...(answer.Failed ?? []), ...failures] });
  };

  const answer = async (headers: Headers, body: string): Promise<Response> => {
    const batch = headers.get("x-amz-target") === "AmazonSQS.SendMessageBatch";
    if (!batch) return fetch(target, { method: "POST", headers, body });
    sends++;
    if (throttled > 0) {
      throttled--;
      const fault = { __type: "com.amazonaws.sqs#RequestThrottled", message: "slow down" };
      return Response.json(fault, { status: 403 });
    }
    return sendBatch(headers, body);
  };

  const server = createServer(async (request, reply) => {
    const headers = new Headers();
    for (const name of ["x-amz-target", "content-type", "authorization"])
      if (request.headers[name] !== undefined) headers.set(name, String(request.headers[name]));
    const response = await answer(headers, await text(request));
    if (losing && headers.get("x-amz-target") === "AmazonSQS.SendMessageBatch") {
      reply.destroy();
      return;
    }
    reply.writeHead(response.status, { "content-type": "application/x-amz-json-1.0" });
    reply.end(await response.text());
  });
  // On a machine under load the default of five seconds closes connections that are about to be reused.
  server.keepAliveTimeout = 120_000;
  return {
    url: `http://127.0.0.1:${await listen(server)}`,
    /** Sets which bodies SQS refuses, at each attempt. */
    refuse: (bodies: (body: string) => boolean): void => {
      refused = bodies;
    },
    /** Sets how many of the next calls are throttled. */
    throttle: (calls: number): void => {
      throttled = calls;
    },
    /** Loses the answers of all following batches, though SQS accepts them. */
    loseAnswers: (on: boolean): void => {
      losing = on;
    },
    /** The number of `SendMessageBatch` calls so far. */
    sends: (): number => sends,
    /** The group of each message sent so far. */
    groups: (): readonly (string | undefined)[] => groups,
  };
}
