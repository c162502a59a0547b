/** Responds to CloudFormation, which invokes a function for a custom resource and waits for a report at a given URL. */
import * as z from "zod";

const requestSchema = z.looseObject({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});

/** The part of CloudFormation's request that a response needs. */
export type CloudFormationRequest = z.output<typeof requestSchema>;

export const isCloudFormationRequest = (event: unknown): event is CloudFormationRequest =>
  requestSchema.safeParse(event).success;

/** CloudFormation accepts a response of at most 4,096 bytes. */
const MAX_REASON_CHARACTERS = 1_000;
const TIMEOUT_MS = 20_000;

/**
 * Calls `run` and reports the outcome. CloudFormation acts on a failure, so the failure is reported, not thrown: a function
 * that throws is invoked again, for a deployment that has been abandoned by then.
 * @throws if the report can't be delivered
 */
export async function answerCloudFormation(
  request: CloudFormationRequest,
  run: () => Promise<void>,
): Promise<void> {
  const reason = await run().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const body = JSON.stringify({
    Status: reason === undefined ? "SUCCESS" : "FAILED",
    Reason: reason?.slice(0, MAX_REASON_CHARACTERS),
    // Always the same: with a new id CloudFormation would delete the old resource.
    PhysicalResourceId: request.LogicalResourceId,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
  });
  const response = await fetch(request.ResponseURL, {
    method: "PUT",
    body,
    // The URL is signed for a request without a content type; fetch would add one to text.
    headers: { "content-type": "" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`CloudFormation's response URL returned ${response.status}.`);
}
