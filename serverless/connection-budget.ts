/**
 * Do the connections of all functions fit into the database? Reckoned from the CloudFormation template itself, so that
 * what is counted is what gets deployed.
 */
import { z } from "zod";

/** What the stage's database and account can take, from `custom.connectionBudget` in serverless.yml. */
export const limitsSchema = z.strictObject({
  databaseMaxConnections: z.coerce.number().int().min(1),
  /** Kept free of functions: people, the server's own use, instances of the last deployment that have not ended yet. */
  databaseSpareConnections: z.coerce.number().int().min(0),
  accountConcurrency: z.coerce.number().int().min(1),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string(), Properties: z.unknown().optional() })),
});
const functionSchema = z.object({
  FunctionName: z.string(),
  ReservedConcurrentExecutions: z.number().int().optional(),
  Environment: z.object({ Variables: z.object({ DATABASE_POOL_SIZE: z.coerce.number().int().default(1) }) }),
});

/** AWS refuses a deployment that leaves fewer than these to functions without a reservation. */
const UNRESERVED = 100;

export interface Share {
  name: string;
  /** Instances at the same time at the most; undefined where nothing limits them. */
  instances: number | undefined;
  connectionsEach: number;
}

export interface Budget {
  shares: Share[];
  /** Connections that functions open if all run at their most. */
  connections: number;
  /** Connections that functions may open. */
  available: number;
  /** Why it does not fit, a sentence each; empty where it does. */
  faults: string[];
}

/**
 * @param template a CloudFormation template as `serverless package` makes it
 * @param limits see {@link limitsSchema}
 * @throws {z.ZodError} if either is not what it should be
 */
export function connectionBudget(template: unknown, limits: unknown): Budget {
  const { databaseMaxConnections, databaseSpareConnections, accountConcurrency } = limitsSchema.parse(limits);
  const shares = Object.values(templateSchema.parse(template).Resources)
    .filter(({ Type }) => Type === "AWS::Lambda::Function")
    .map(({ Properties }) => toShare(functionSchema.parse(Properties)));
  const instances = sum(shares.map((share) => share.instances ?? 0));
  const connections = sum(shares.map((share) => (share.instances ?? 0) * share.connectionsEach));
  const available = databaseMaxConnections - databaseSpareConnections;

  const faults = shares
    .filter((share) => share.instances === undefined)
    .map(({ name }) => `${name} has no reservedConcurrency, so nothing limits its connections.`);
  if (connections > available)
    faults.push(
      `The functions may open ${connections} connections; the database takes ${databaseMaxConnections}, ` +
        `${databaseSpareConnections} of them kept free. Lower the concurrencies, or raise databaseMaxConnections ` +
        "with a larger database or a pooler.",
    );
  if (instances > accountConcurrency - UNRESERVED)
    faults.push(
      `The functions reserve ${instances} of the account's ${accountConcurrency} concurrent executions, ` +
        `of which AWS wants ${UNRESERVED} unreserved.`,
    );
  return { shares, connections, available, faults };
}

const toShare = (properties: z.output<typeof functionSchema>): Share => ({
  name: properties.FunctionName,
  instances: properties.ReservedConcurrentExecutions,
  connectionsEach: properties.Environment.Variables.DATABASE_POOL_SIZE,
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The budget as a table for people, one function a line. */
export function budgetTable({ shares, connections, available }: Budget): string {
  const rows = shares.map(({ name, instances, connectionsEach }) => [
    name,
    String(instances ?? "no limit"),
    String(connectionsEach),
    instances === undefined ? "no limit" : String(instances * connectionsEach),
  ]);
  const table = [
    ["function", "instances", "each", "connections"],
    ...rows,
    ["all together", "", "", String(connections)],
    ["available", "", "", String(available)],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return table.map((row) => row.map(pad).join("  ")).join("\n");
}
