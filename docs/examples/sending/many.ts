import { Sender } from "@weir/client";

// Batches, compresses, and retries with the same ids; `close` waits until each event has its outcome.
const sender = new Sender({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
let delivered = 0;
for (let n = 1; n <= 1_000; n++) {
  await sender.ready();
  sender.send({ event_id: `visit-${n}`, event_type: "visit", payload: { n } }).then(
    () => delivered++,
    (error) => console.error(`visit-${n} was not delivered: ${error.message}`),
  );
}
await sender.close();
console.log(`"accepted":${delivered}`);
