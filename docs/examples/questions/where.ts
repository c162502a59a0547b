import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const answer = await weir.countEvents({
  query: { event_type: ["order.placed"], where: ["payload.amount>=12.5", "payload.user=ada"] },
});
console.log(JSON.stringify(answer));
