/** Runs the HTTP functions in one process. Argument: its port. Its settings are those of the functions. */
import { once } from "node:events";
import { handler as admin } from "../../functions/admin.ts";
import { handler as analytics } from "../../functions/analytics.ts";
import { handler as audit } from "../../functions/audit.ts";
import { handler as health } from "../../functions/health.ts";
import { handler as ingest } from "../../functions/ingest.ts";
import { handler as web } from "../../functions/web.ts";
import { closeDeps } from "../../lib/app/connect.ts";
import { getDeps } from "../../lib/app/connect-once.ts";
import { operations } from "../../lib/app/operations.ts";
import { createGateway } from "../../serve/gateway.ts";
import { refuseOverload } from "../../serve/overload.ts";
import { mutate } from "../mutants/index.ts";
import { ready } from "./lifecycle.ts";

const [port = "0"] = process.argv.slice(2);
mutate(getDeps());
const handlers = { ingest, analytics, audit, health, admin, web };
const { log } = getDeps();
const { server } = createGateway({
  operations: Object.values(operations),
  handlers,
  refuse: refuseOverload(getDeps),
  log,
});
server.listen(Number(port), "127.0.0.1");
await once(server, "listening");
ready(async () => {
  server.close();
  server.closeAllConnections();
  await closeDeps(getDeps());
});
