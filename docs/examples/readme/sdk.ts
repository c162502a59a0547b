import { createWeirClient, Sender } from "@weir/client";

const access = { url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" };
const sender = new Sender(access);
for (let n = 1; n <= 5_000; n++) {
  await sender.ready();
  void sender.send({ event_id: `order-${n}`, event_type: "order.placed", payload: { amount: n / 100 } });
}
const { undelivered } = await sender.close();
const { accepted } = await createWeirClient(access).getPipeline();
console.log({ accepted, undelivered: undelivered.length });
