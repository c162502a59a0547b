import { ROOT_CONTEXT } from "@opentelemetry/api";
import { AlwaysOffSampler, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { expect, it } from "vitest";
import { fieldsOf, inSpan } from "../../../lib/base/tracing.ts";
import { atEnd } from "../../support/cleanup.ts";

it("a span that is not sampled passes on its context, so that its children are not sampled either", async () => {
  const run = () => inSpan("place order", {}, ROOT_CONTEXT, async (_, inside) => fieldsOf(inside));
  expect(await run()).toEqual({});
  const provider = new NodeTracerProvider({ sampler: new AlwaysOffSampler() });
  provider.register();
  atEnd(() => provider.shutdown());
  expect(await run()).toEqual({ traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/) });
});
