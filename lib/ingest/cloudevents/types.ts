/** Media types of CloudEvents in the JSON format. */
export const STRUCTURED = "application/cloudevents+json";
export const BATCHED = "application/cloudevents-batch+json";
