import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const answer = await weir.getFunnel({
  body: {
    steps: [{ event_type: "order.placed" }, { event_type: "order.paid" }],
    key: "payload.user",
    window_seconds: 86_400,
  },
});
console.log(JSON.stringify(answer));
