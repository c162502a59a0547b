/** Runs the API in one process. Argument: its port. Its other settings are those of the functions. */
import { closeDeps } from "../../lib/app/connect.ts";
import { getDeps } from "../../lib/app/connect-once.ts";
import { loadServeConfig } from "../../lib/config/serve.ts";
import { startApi } from "../../serve/api.ts";
import { mutate } from "../mutants/index.ts";
import { ready } from "./lifecycle.ts";

const [port = "0"] = process.argv.slice(2);
const deps = await getDeps();
mutate(deps);
const api = await startApi({ ...loadServeConfig(), port: Number(port), graceMs: 0 });
ready(async () => {
  await api.stop();
  await closeDeps(deps);
});
