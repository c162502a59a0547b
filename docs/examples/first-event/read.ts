const { WEIR_URL, WEIR_KEY = "" } = process.env;

const response = await fetch(`${WEIR_URL}/v1/events/order-1001`, { headers: { "x-api-key": WEIR_KEY } });
console.log(await response.text());
