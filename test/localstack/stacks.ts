/** Stacks of CloudFormation on LocalStack. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, callForm } from "./aws.ts";
import type { Part } from "./part.ts";

/** A list in the response to a form-encoded call; a list of one or none may have another form. */
export const listOf = (value: unknown): Answer[] => {
  const member = (value as { member?: unknown } | null | undefined)?.member ?? value;
  if (member === null || member === undefined) return [];
  return (Array.isArray(member) ? member : [member]) as Answer[];
};

/** Creates a stack and waits for the end. @returns the stack, with its status */
export async function createStack(endpoint: string, name: string, { template }: Part): Promise<Answer> {
  await callForm(endpoint, "cloudformation", "CreateStack", {
    StackName: name,
    TemplateBody: JSON.stringify(template),
    "Capabilities.member.1": "CAPABILITY_IAM",
  });
  for (;;) {
    const { Stacks } = await callForm(endpoint, "cloudformation", "DescribeStacks", { StackName: name });
    const [stack = {}] = listOf(Stacks);
    if (!String(stack.StackStatus).endsWith("_IN_PROGRESS")) return stack;
    await sleep(200);
  }
}

/** The resources of a stack, by their names in its template. */
export async function resourcesOf(endpoint: string, name: string): Promise<Map<string, Answer>> {
  const values = { StackName: name };
  const { StackResources } = await callForm(endpoint, "cloudformation", "DescribeStackResources", values);
  return new Map(listOf(StackResources).map((resource) => [String(resource.LogicalResourceId), resource]));
}
