import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
console.log(JSON.stringify(await weir.listAudit({ query: { path: "/v1/events", limit: 1 } })));
