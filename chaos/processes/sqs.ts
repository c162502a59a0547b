/** Runs SQS in a separate process, so that it can be killed. Arguments: its folder, its port. */
import { startSqs } from "../../local/sqs.ts";
import { ready } from "./lifecycle.ts";

const [dataDir = "", port = "0"] = process.argv.slice(2);
const server = await startSqs({ dataDir, port: Number(port), log: console.log });
ready(server.stop);
