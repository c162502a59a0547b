/** Payloads to sign: GitHub's published examples, and events in the forms that Stripe and Standard Webhooks document. */
import { createRequire } from "node:module";

/** The package is a JSON file, which its types describe as a module. */
const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as {
  name: string;
  examples: object[];
}[];

/** The first example of each event, with the event's name. */
export const githubPayloads: readonly { name: string; payload: object }[] = examples.flatMap(
  ({ name, examples: [payload] }) => (payload === undefined ? [] : [{ name, payload }]),
);

const stripeEvent = (type: string, object: object, others: object = {}) => ({
  object: "event",
  api_version: "2026-08-27.basil",
  type,
  data: { object },
  livemode: false,
  request: { id: "req_w9JioK0o4mriXj", idempotency_key: "364f382e-9469-4dc3-b4d0-83c930ade869" },
  ...others,
});

/** Without id, time and `pending_webhooks`: https://docs.stripe.com/api/events/object */
export const stripePayloads = [
  stripeEvent("payment_intent.succeeded", {
    id: "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    object: "payment_intent",
    amount: 2_000,
    amount_received: 2_000,
    currency: "usd",
    description: "Größe 42 – 10,00 € 👟",
    metadata: { order: "1001" },
    next_action: null,
    status: "succeeded",
  }),
  stripeEvent("invoice.paid", {
    id: "in_1MtHbELkdIwHu7ixl4OzzPMv",
    object: "invoice",
    amount_paid: 12_50,
    lines: {
      object: "list",
      data: [],
      has_more: false,
      url: "/v1/invoices/in_1MtHbELkdIwHu7ixl4OzzPMv/lines",
    },
    status: "paid",
  }),
  stripeEvent(
    "customer.subscription.updated",
    {
      id: "sub_1MowQVLkdIwHu7ixeRlqHVzs",
      object: "subscription",
      cancel_at_period_end: true,
      status: "active",
    },
    { account: "acct_1032D82eZvKYlo2C" },
  ),
];

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure */
export const standardPayloads = [
  {
    type: "contact.created",
    data: {
      id: "1f81eb52-5198-4599-803e-771906343485",
      type: "contact",
      fullName: "Jürgen Smith",
      birthday: "1980-04-19",
    },
  },
  { type: "invoice.paid", data: { amount: 12.5, lines: [{ text: '😀 "quoted" \\ \u2028' }] } },
  { type: "user.deleted", data: { id: 7 } },
];
