/** A stage on this machine: the packaged functions with real databases, and Moto in place of Secrets Manager and SQS. */
import { join } from "node:path";
import postgres from "postgres";
import { Secrets } from "../../lib/aws/secrets.ts";
import { connectSqs, type SqsConnection } from "../../lib/queue/sqs/client.ts";
import { startPostgres } from "../../local/postgres.ts";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { ownServer } from "../support/faults.ts";
import { type FunctionProcess, functionProcess } from "../support/servers/function-process.ts";
import { behindProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";
import { unzip } from "./cfn-lint.ts";
import { startMoto } from "./moto.ts";
import { ofType, type Packaged, PROJECT } from "./stack.ts";

export interface Stage {
  /**
   * Starts an instance of a function, with the environment that the template gives it.
   * @param queue of the package; by default that of the first package that has the function
   * @param others variables with other values than in the template
   */
  start(name: string, queue?: string, others?: Record<string, string>): Promise<FunctionProcess>;
  sqs: SqsConnection;
  queueUrl: string;
  /** Between the functions and the databases. */
  proxies: Record<"postgres" | "redis", TcpProxy>;
  /** As the owner of the database, past the proxy. */
  sql: postgres.Sql;
  /** What a function's secret contains. */
  secretOf(name: string): Promise<Record<string, string>>;
  /** Lets Secrets Manager answer instances that start from now on, or not. */
  forbidSecrets(areForbidden: boolean): void;
  /** @throws if the database refuses it */
  login(url: string): Promise<void>;
}

/** Where AWS is, for the functions and for the tests of this file. */
function connectTo(endpoint: string): Record<string, string> {
  const account = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" };
  const environment = { ...account, AWS_ENDPOINT_URL: endpoint };
  Object.assign(process.env, environment);
  return environment;
}

/** @param byQueue the packages */
export async function startStage(folder: string, byQueue: Record<string, Packaged>): Promise<Stage> {
  const packages = Object.values(byQueue);
  const moto = await behindProxy(await startMoto());
  const aws = { proxy: moto.proxy, environment: connectTo(moto.url) };
  const servers = { redis: await ownServer(startRedis), postgres: await ownServer(startPostgres) };
  const through = {
    redis: await behindProxy(servers.redis.url),
    postgres: await behindProxy(servers.postgres.url),
  };
  const secrets = new Secrets({ region: aws.environment.AWS_REGION ?? "" });
  atEnd(() => secrets.close());
  const arns = await writeStageSecret(through.postgres.url, through.redis.url, packages);
  const sqs = await connectSqs({ region: "us-east-1", endpoint: undefined, queueUrl: "", messageBytes: 0 });
  const created = await sqs.client.send(new sqs.sdk.CreateQueueCommand({ QueueName: "weir-dev-events" }));
  const queueUrl = created.QueueUrl ?? "";
  const references = new Map([...arns, ["EventsQueue", queueUrl]]);
  const sql = postgres(servers.postgres.url, { max: 1, onnotice: () => {} });
  atEnd(() => sql.end());
  return {
    start: async (name, queue, others) => {
      const from = queue === undefined ? packages.find(({ zips }) => zips.has(name)) : byQueue[queue];
      if (!from) throw new Error(`There is no function called ${name}.`);
      const unpacked = join(folder, `${name}-${queue ?? ""}`);
      await unzip(PROJECT, from.zips.get(name) ?? "", unpacked);
      const environment = { ...variablesOf(from, name, references), ...aws.environment, ...LOCAL, ...others };
      return functionProcess(join(unpacked, "functions", `${name}.mjs`), environment);
    },
    sqs,
    queueUrl,
    proxies: { redis: through.redis.proxy, postgres: through.postgres.proxy },
    sql,
    forbidSecrets: (areForbidden) => (areForbidden ? aws.proxy.swallow("all") : aws.proxy.pass()),
    login: async (url) => {
      const other = postgres(url, { max: 1 });
      await other`SELECT 1`.finally(() => other.end());
    },
    secretOf: (name) => secrets.read(references.get(secretIn(name)) ?? ""),
  };
}

/** The databases are on this machine, without TLS; the file of authorities is Lambda's. */
const LOCAL = { REQUIRE_TLS: "false", NODE_EXTRA_CA_CERTS: "", LOG_LEVEL: "SILENT" };

const capitalized = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
const secretIn = (name: string): string => `${capitalized(name)}Secret`;

/** Writes what a person or the stack `infra` writes, and creates the functions' secrets, empty. @returns their ARNs */
async function writeStageSecret(
  databaseUrl: string,
  redisUrl: string,
  packages: readonly Packaged[],
): Promise<Map<string, string>> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const client = new sdk.SecretsManagerClient();
  const create = async (Name: string, members?: Record<string, string>): Promise<string> => {
    const value = members && { SecretString: JSON.stringify(members) };
    return (await client.send(new sdk.CreateSecretCommand({ Name, ...value }))).ARN ?? "";
  };
  const { username, password } = new URL(databaseUrl);
  const login = { username, password: decodeURIComponent(password) };
  const bare = Object.assign(new URL(databaseUrl), { username: "", password: "", pathname: "/weir" });
  await create("weir/dev", {
    databaseUrl: bare.href,
    databaseSecret: await create("rds!db-1", login),
    redisUrl,
  });
  const names = packages.flatMap(({ template }) => ofType(template, "AWS::SecretsManager::Secret"));
  const arns = new Map<string, string>();
  for (const [name] of names) if (!arns.has(name)) arns.set(name, await create(name));
  client.destroy();
  return arns;
}

/** A function's variables in the template, with what its references stand for. */
function variablesOf({ template }: Packaged, name: string, references: ReadonlyMap<string, string>) {
  const resource = template.Resources[`${capitalized(name)}LambdaFunction`];
  const variables: Record<string, unknown> = resource?.Properties.Environment.Variables ?? {};
  const resolved = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return String(value);
    const { Ref: reference, "Fn::Sub": text } = value as { Ref?: string; "Fn::Sub"?: string };
    if (reference !== undefined) return references.get(reference) ?? "";
    return (text ?? "").replaceAll(/\$\{(\w+)\}/g, (_, one: string) => references.get(one) ?? "");
  };
  return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, resolved(value)]));
}
