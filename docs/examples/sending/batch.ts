const { WEIR_URL, WEIR_KEY = "" } = process.env;
const now = `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;

const response = await fetch(`${WEIR_URL}/v1/events`, {
  method: "POST",
  headers: { "x-api-key": WEIR_KEY, "content-type": "application/json" },
  body: JSON.stringify({
    events: [
      { event_id: "login-1", event_type: "login", timestamp: now, payload: { user: "ada" } },
      { event_id: "login-2", event_type: "login", timestamp: "yesterday", payload: { user: "bob" } },
      { event_id: "login-3", event_type: "login", timestamp: now, payload: { user: "cem" } },
    ],
  }),
});
console.log(await response.text());
