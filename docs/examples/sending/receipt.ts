import { setTimeout as sleep } from "node:timers/promises";
import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const timestamp = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
const { receipt_id } = await weir.sendEvents({
  body: { event_id: "logout-1", event_type: "logout", timestamp, payload: {} },
});
let receipt = await weir.getReceipt({ path: { receipt_id } });
while (receipt.pending > 0) {
  await sleep(200);
  receipt = await weir.getReceipt({ path: { receipt_id } });
}
console.log(JSON.stringify(receipt));
