import { createWeirClient } from "@weir/client";

// Six orders of today, so that the questions below have answers.
const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: process.env.WEIR_KEY ?? "" });
const day = new Date().toISOString().slice(0, 10);
const order = (n: number, event_type: string, user: string, amount: number) => ({
  event_id: `order-${n}`,
  event_type,
  timestamp: `${day}T00:00:0${n}Z`,
  payload: { user, amount },
});
const answer = await weir.sendEvents({
  body: {
    events: [
      order(1, "order.placed", "ada", 12.5),
      order(2, "order.placed", "bob", 40),
      order(3, "order.placed", "ada", 7),
      order(4, "order.paid", "ada", 12.5),
      order(5, "order.paid", "bob", 40),
      order(6, "order.placed", "cem", 99),
    ],
  },
});
console.log(JSON.stringify(answer));
