import { expect } from "vitest";

interface Answered {
  status: number;
  body: { code?: unknown; errors?: { parameter?: unknown; pointer?: unknown }[] };
}

/** Expects a problem document. @param named the parameter or pointer of its first error */
export function expectProblem(
  { status, body }: Answered,
  expected: number,
  code: string,
  named?: string,
): void {
  expect({ status, body }).toMatchObject({ status: expected, body: { code } });
  if (named !== undefined) expect(body.errors?.[0]?.parameter ?? body.errors?.[0]?.pointer).toBe(named);
}

/** The parameters and pointers that a problem names, each once. */
export const faultsOf = ({ body }: Answered): unknown[] => [
  ...new Set((body.errors ?? []).map(({ parameter, pointer }) => parameter ?? pointer)),
];

/** Expects a problem that names one parameter or pointer, and no other. */
export function expectOnlyFault(answer: Answered, expected: number, code: string, named: string): void {
  expectProblem(answer, expected, code);
  expect(faultsOf(answer)).toEqual([named]);
}
