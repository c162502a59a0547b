import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const start = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
const answer = await weir.getSeries({
  query: { interval: "day", tz: "UTC", event_type: ["order.placed"], start },
});
console.log(JSON.stringify(answer));
