import { createWeirClient } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
// Without `after` the feed begins with the oldest event. Keep `next_cursor` together with what you made of the events.
let after: string | undefined;
let seen = 0;
while (seen < 2) {
  const { events, next_cursor } = await weir.listEvents({
    query: {
      order: "asc",
      wait: 20,
      limit: 1,
      event_type: ["order.paid"],
      ...(after !== undefined && { after }),
    },
  });
  for (const event of events) console.log(event.event_id, JSON.stringify(event.payload));
  seen += events.length;
  after = next_cursor ?? after;
}
