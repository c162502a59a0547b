/** Serves the HTTP functions. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { handler as admin } from "../functions/admin.ts";
import { handler as analytics } from "../functions/analytics.ts";
import { handler as audit } from "../functions/audit.ts";
import { handler as health } from "../functions/health.ts";
import { handler as ingest } from "../functions/ingest.ts";
import { handler as web } from "../functions/web.ts";
import { getDeps } from "../lib/app/connect-once.ts";
import { operations } from "../lib/app/operations.ts";
import type { ServeConfig } from "../lib/config/serve.ts";
import { createGateway } from "./gateway.ts";
import { refuseOverload } from "./overload.ts";

export interface Api {
  url: string;
  /** Refuses and loses no call, if clients and load balancers take the hint of `Connection: close`. */
  stop(): Promise<void>;
}

/** After this time, calls in progress are cut off, in milliseconds: the slowest function has 29 s. */
const DRAIN_MS = 30_000;

/**
 * The functions' dependencies must have been provided.
 * @throws if the address is not available
 */
export async function startApi(settings: ServeConfig): Promise<Api> {
  const { log } = await getDeps();
  const gateway = createGateway({
    operations: Object.values(operations),
    handlers: { ingest, analytics, audit, health, admin, web },
    refuse: refuseOverload(getDeps),
    log,
    limits: { inFlight: settings.maxInFlight },
    trustedProxies: settings.trustedProxies,
  });
  const { server } = gateway;
  server.listen({ port: settings.port, host: settings.host, backlog: 1_024 });
  await once(server, "listening");
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    stop: () => gateway.drain({ graceMs: settings.graceMs, withinMs: DRAIN_MS }),
  };
}
