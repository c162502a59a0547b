/** Network faults: each failure mode on each link. */
import type { Mode, TcpProxy } from "../proxy.ts";
import type { Fault, FaultContext, Server } from "./fault.ts";

type Link = Server | "api";

/** Its duration in seconds, and whether it blocks all traffic. */
const MODES: readonly { mode: Mode; seconds: readonly [number, number]; deny: boolean }[] = [
  { mode: "reset", seconds: [0, 3], deny: true },
  { mode: "delay", seconds: [2, 8], deny: false },
  { mode: "stall", seconds: [1, 6], deny: true },
  { mode: "swallow", seconds: [1, 6], deny: true },
  { mode: "cut", seconds: [0, 3], deny: false },
];
const LINKS: readonly Link[] = ["redis", "postgres", "sqs", "api"];

function proxiesOf(link: Link, { system: { proxies }, random }: FaultContext): readonly TcpProxy[] {
  if (link === "api") return [random.pick(proxies.apis)];
  const proxy = proxies[link];
  return proxy ? [proxy] : [];
}

export const networkFaults: readonly Fault[] = LINKS.flatMap((link) =>
  MODES.map(
    ({ mode, seconds, deny }): Fault => ({
      name: `${mode}-${link}`,
      target: link === "api" ? "api" : link,
      seconds,
      kind: "network",
      ...(link === "sqs" && { queue: "sqs" as const }),
      ...(deny && link !== "api" && { denies: link, onLink: true as const }),
      begin: async (context) => {
        const proxies = proxiesOf(link, context);
        const delayMs = context.random.int(20, 600);
        for (const proxy of proxies) proxy.set(mode, delayMs);
        return {
          detail: mode === "delay" ? `${delayMs} ms` : "",
          undo: async () => {
            for (const proxy of proxies) proxy.set("pass");
          },
        };
      },
    }),
  ),
);
