/** Calls AWS services on LocalStack without an SDK: LocalStack reads the service's name, and does not verify signatures. */

export type Answer = Record<string, unknown>;

/** The API version of services with form-encoded calls, by the service's name in signatures. */
const FORM_VERSIONS = { cloudformation: "2010-05-15", iam: "2010-05-08" } as const;
/** The prefix of action names of services with JSON calls. */
const JSON_TARGETS = {
  events: "AWSEvents",
  logs: "Logs_20140328",
  secretsmanager: "secretsmanager",
  ssm: "AmazonSSM",
  sqs: "AmazonSQS",
} as const;

/** @throws with LocalStack's error message */
export async function callForm(
  endpoint: string,
  service: keyof typeof FORM_VERSIONS,
  action: string,
  values: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams({ Action: action, Version: FORM_VERSIONS[service], ...values });
  const answer = (await call(endpoint, service, { body })) as Record<string, Answer>;
  return (answer[`${action}Response`]?.[`${action}Result`] ?? {}) as Answer;
}

/** @throws with LocalStack's error message */
export function callJson(
  endpoint: string,
  service: keyof typeof JSON_TARGETS,
  action: string,
  values: Answer = {},
): Promise<Answer> {
  return call(endpoint, service, {
    headers: {
      "content-type": `application/x-amz-json-1.${service === "sqs" ? 0 : 1}`,
      "x-amz-target": `${JSON_TARGETS[service]}.${action}`,
    },
    body: JSON.stringify(values),
  });
}

async function call(endpoint: string, service: string, request: RequestInit): Promise<Answer> {
  const response = await fetch(endpoint, {
    ...request,
    method: "POST",
    headers: {
      ...request.headers,
      accept: "application/json",
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${service} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
