import { createWeirClient, WeirError } from "@weir/client";

const weir = createWeirClient({ url: process.env.WEIR_URL ?? "", key: "nobody" });
try {
  await weir.getPipeline();
} catch (error) {
  if (!(error instanceof WeirError)) throw error;
  // Also: error.code, error.status, error.detail, error.requestId, error.retryAfterMs.
  console.log(JSON.stringify(error.body));
}
