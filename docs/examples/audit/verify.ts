import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const { valid } = await weir.verifyAudit();
console.log(`"valid":${valid}`);
