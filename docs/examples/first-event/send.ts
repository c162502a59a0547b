const { WEIR_URL, WEIR_KEY = "" } = process.env;

const response = await fetch(`${WEIR_URL}/v1/events`, {
  method: "POST",
  headers: { "x-api-key": WEIR_KEY, "content-type": "application/json" },
  body: JSON.stringify({
    event_id: "order-1001",
    event_type: "order.placed",
    timestamp: `${new Date().toISOString().slice(0, 10)}T00:00:00Z`,
    payload: { amount: 12.5, user: "ada" },
  }),
});
console.log(await response.text());
