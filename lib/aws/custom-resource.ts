/** Answers CloudFormation, which calls a function for a custom resource and waits for a letter at a URL that it names. */
import { z } from "zod";

const requestSchema = z.looseObject({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});

/** What CloudFormation sends, as far as an answer needs it. */
export type CloudFormationRequest = z.output<typeof requestSchema>;

export const isCloudFormationRequest = (event: unknown): event is CloudFormationRequest =>
  requestSchema.safeParse(event).success;

/** CloudFormation takes 4,096 bytes in all. */
const MAX_REASON_CHARACTERS = 1_000;
const TIMEOUT_MS = 20_000;

/**
 * Runs and reports how it went. A failure is CloudFormation's to act on, so it is reported and not thrown: a function
 * that throws is called again, for a deployment that has been given up by then.
 * @throws if the report could not be delivered
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
    // Always the same: an answer with a new one would tell that the old thing is to be deleted.
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
  if (!response.ok) throw new Error(`CloudFormation's URL answered ${response.status}.`);
}
