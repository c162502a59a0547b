/**
 * What the stack in infra/ costs a month, from its packaged templates and list prices. No price comes from AWS' own pages,
 * which were not reachable: each has the source that it comes from.
 */
import { z } from "zod";

/** Hours of a month. */
export const HOURS = 730;

interface Price {
  dollars: number;
  per: "hour" | "GB-month" | "month" | "hour and zone";
  /** Where the figure is from, and as of when. */
  source: string;
}

const RDS = "price guide infratally.com, 2026";
const VALKEY = "repository that cites AWS' price file of ElastiCache, undated, read in November 2026";

/** US dollars in us-east-1, on demand. */
export const INFRA_PRICES = {
  "db.t4g.micro": { dollars: 0.016, per: "hour", source: RDS },
  "db.m7g.large": {
    dollars: 0.168,
    per: "hour",
    source: "repository with a table of RDS prices, undated, read in November 2026",
  },
  "gp3 of RDS": { dollars: 0.115, per: "GB-month", source: "price guide usage.ai, June 2026" },
  "cache.t4g.micro": { dollars: 0.0128, per: "hour", source: VALKEY },
  "cache.m7g.large": { dollars: 0.1264, per: "hour", source: VALKEY },
  "interface endpoint": {
    dollars: 0.01,
    per: "hour and zone",
    source: "guide devcraftly.com, undated, read in November 2026",
  },
  secret: { dollars: 0.4, per: "month", source: "repositories that cite AWS in 2024 and 2025" },
} as const satisfies Record<string, Price>;

/** What Multi-AZ multiplies instance and storage by: "exactly double", from the same guide as the instance's price. */
export const MULTI_AZ = 2;

const PARTS = ["PostgreSQL, instance", "PostgreSQL, storage", "Valkey", "endpoints", "secrets"] as const;
type Part = (typeof PARTS)[number];

/** Resource types that cost nothing by themselves. */
const FREE = new Set([
  "AWS::EC2::VPC",
  "AWS::EC2::Subnet",
  "AWS::EC2::RouteTable",
  "AWS::EC2::SubnetRouteTableAssociation",
  "AWS::EC2::SecurityGroup",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::SSM::Parameter",
  "AWS::RDS::DBSubnetGroup",
  "AWS::RDS::DBParameterGroup",
  "AWS::ElastiCache::SubnetGroup",
  "AWS::ElastiCache::ParameterGroup",
  // The framework's bucket with a few kilobytes of templates.
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
]);

const databaseSchema = z.object({
  DBInstanceClass: z.enum(["db.t4g.micro", "db.m7g.large"]),
  MultiAZ: z.boolean(),
  StorageType: z.literal("gp3"),
  AllocatedStorage: z.number(),
  ManageMasterUserPassword: z.literal(true),
});
const cacheSchema = z.object({
  CacheNodeType: z.enum(["cache.t4g.micro", "cache.m7g.large"]),
  NumNodeGroups: z.number(),
  ReplicasPerNodeGroup: z.number(),
});
const endpointSchema = z.discriminatedUnion("VpcEndpointType", [
  z.object({ VpcEndpointType: z.literal("Gateway") }),
  z.object({ VpcEndpointType: z.literal("Interface"), SubnetIds: z.array(z.unknown()) }),
]);

export interface InfraTemplate {
  Resources: Record<string, { Type: string; Properties?: unknown }>;
}

/**
 * Dollars a month by part.
 * @throws if the template has a resource type or an instance class without a price
 */
export function monthlyCost({ Resources }: InfraTemplate): Record<Part, number> {
  const cost = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>;
  for (const [name, { Type, Properties }] of Object.entries(Resources)) {
    if (Type === "AWS::RDS::DBInstance") {
      const database = databaseSchema.parse(Properties);
      const copies = database.MultiAZ ? MULTI_AZ : 1;
      cost["PostgreSQL, instance"] += INFRA_PRICES[database.DBInstanceClass].dollars * HOURS * copies;
      cost["PostgreSQL, storage"] += INFRA_PRICES["gp3 of RDS"].dollars * database.AllocatedStorage * copies;
      // The secret that RDS makes for the password.
      cost.secrets += INFRA_PRICES.secret.dollars;
    } else if (Type === "AWS::ElastiCache::ReplicationGroup") {
      const cache = cacheSchema.parse(Properties);
      const nodes = cache.NumNodeGroups * (1 + cache.ReplicasPerNodeGroup);
      cost.Valkey += INFRA_PRICES[cache.CacheNodeType].dollars * HOURS * nodes;
    } else if (Type === "AWS::EC2::VPCEndpoint") {
      const endpoint = endpointSchema.parse(Properties);
      const zones = endpoint.VpcEndpointType === "Interface" ? endpoint.SubnetIds.length : 0;
      cost.endpoints += INFRA_PRICES["interface endpoint"].dollars * HOURS * zones;
    } else if (Type === "AWS::SecretsManager::Secret") cost.secrets += INFRA_PRICES.secret.dollars;
    else if (!FREE.has(Type)) throw new Error(`${name} (${Type}) has no price in bench/infra-prices.ts.`);
  }
  return cost;
}

/** The table for docs/infra.md, with the prices and their sources. @param templates by the name of their column */
export function costTable(templates: ReadonlyMap<string, InfraTemplate>): string {
  const costs = [...templates.values()].map(monthlyCost);
  const total = (cost: Record<Part, number>): number => PARTS.reduce((sum, part) => sum + cost[part], 0);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["$ a month", ...templates.keys()]),
    line(["---", ...costs.map(() => "---")]),
    ...PARTS.map((part) => line([part, ...costs.map((cost) => cost[part].toFixed(2))])),
    line(["**total**", ...costs.map((cost) => `**${Math.round(total(cost))}**`)]),
    "",
    "| price | $ | per | source |",
    "| --- | --- | --- | --- |",
    ...Object.entries(INFRA_PRICES).map(([name, { dollars, per, source }]) =>
      line([name, String(dollars), per, source]),
    ),
    line(["Multi-AZ of RDS", `× ${MULTI_AZ}`, "", RDS]),
  ].join("\n");
}
