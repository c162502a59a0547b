/** Both stacks by checkov's rules, in each stage and size, with each queue, with all options on. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { check, type Finding } from "./checkov.ts";
import { EXCEPTIONS, type Exception } from "./checkov-exceptions.ts";
import { packageCombinations } from "./infra-combinations.ts";
import { packageStack } from "./stack.ts";

const OPTIONS = [
  "ingestUrl=true",
  "domain=api.example.com",
  "domainCertificate=arn:aws:acm:us-east-1:123456789012:certificate/1",
  "alarmEmail=ops@example.com",
  "auditBucket=stack",
  "archiveBucket=stack",
];

let folder: string;
let findings: Finding[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-checkov-"));
  const files = [...(await packageCombinations(folder)).values()].flatMap((infra) => infra.files);
  for (const stage of ["dev", "prod"])
    for (const queue of ["sqs", "redis"])
      files.push(...(await packageStack(join(folder, `${stage}-${queue}`), stage, queue, OPTIONS)).files);
  findings = await check(files);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const covers = ({ check: id, of }: Exception, finding: Finding): boolean =>
  finding.check_id === id && of.test(finding.resource);

it("there are no findings without an exception", () => {
  const rest = findings.filter((finding) => !EXCEPTIONS.some((exception) => covers(exception, finding)));
  expect(
    rest.map(
      ({ check_id, check_name, resource, file_abs_path }) =>
        `${check_id} (${check_name}): ${resource} in ${file_abs_path}`,
    ),
  ).toEqual([]);
});

it("every exception is still needed", () => {
  expect(EXCEPTIONS.filter((exception) => !findings.some((finding) => covers(exception, finding)))).toEqual(
    [],
  );
});

it("an open database is found", async () => {
  const file = join(folder, "open.json");
  const Database = {
    Type: "AWS::RDS::DBInstance",
    Properties: { Engine: "postgres", PubliclyAccessible: true, StorageEncrypted: false },
  };
  await writeFile(file, JSON.stringify({ Resources: { Database } }));
  const found = (await check([file])).map(({ check_id }) => check_id);
  expect(found).toEqual(expect.arrayContaining(["CKV_AWS_16", "CKV_AWS_17"]));
});
