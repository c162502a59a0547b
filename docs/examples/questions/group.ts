import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const answer = await weir.groupEvents({ query: { by: ["event_type"] } });
console.log(JSON.stringify(answer));
