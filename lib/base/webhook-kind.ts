import * as z from "zod";

/** How a sender of webhooks signs: as GitHub, as Stripe, or as Standard Webhooks. */
export const webhookKindSchema = z.enum(["github", "standard", "stripe"]);
export type WebhookKind = z.output<typeof webhookKindSchema>;
