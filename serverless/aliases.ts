/**
 * Gives each function the alias `live`, through which everything calls it. A deployment publishes a version and points the
 * alias to it: at once, or for a part of the calls first, with a way back that needs no upload.
 */
import { z } from "zod";

/** From `custom.aliases` in serverless.yml. */
export const aliasesSchema = z.strictObject({
  /** How CodeDeploy moves calls to a new version, without the prefix `CodeDeployDefault.Lambda`; `none` for at once. */
  canary: z.string().regex(/^(?:none|AllAtOnce|Canary10Percent\d+Minutes|Linear10PercentEvery\d+Minutes?)$/),
  /** Alarms that move all calls back to the version before: logical ids. */
  alarms: z.array(z.string()),
  /** Instances that are kept initialized, by function. */
  provisioned: z.record(z.string(), z.coerce.number().int().min(0)),
  /** Functions without an alias: nothing but a deployment and people call them. */
  without: z.array(z.string()),
});
export type AliasSettings = z.output<typeof aliasesSchema>;

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  [key: string]: unknown;
}
export interface Resources {
  [name: string]: Resource;
}

/** Functions that the API or the queue calls while a deployment shifts: others run too rarely to judge a part of their runs. */
const SHIFTED = new Set(["AWS::ApiGatewayV2::Integration", "AWS::Lambda::EventSourceMapping"]);

/** Resources that call a function, or allow a call. */
const CALLERS = new Set([
  ...SHIFTED,
  "AWS::Lambda::Permission",
  "AWS::Events::Rule",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Url",
]);

const capitalized = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
const lambdaOf = (name: string): string => `${capitalized(name)}LambdaFunction`;
const aliasOf = (lambda: string): string => lambda.replace(/LambdaFunction$/, "LiveAlias");

/**
 * Changes the template's resources.
 * @throws if more instances are provisioned than the function may have, or an alarm does not exist
 */
export function addAliases(resources: Resources, settings: AliasSettings): void {
  const without = new Set(settings.without.map(lambdaOf));
  const versions = Object.entries(resources).flatMap(([version, { Type, Properties }]) => {
    const lambda = Type === "AWS::Lambda::Version" && (Properties.FunctionName as { Ref: string }).Ref;
    return lambda && !without.has(lambda) ? [{ version, lambda }] : [];
  });
  const callers = Object.values(resources).filter(({ Type }) => CALLERS.has(Type));
  for (const alarm of settings.alarms)
    if (resources[alarm]?.Type !== "AWS::CloudWatch::Alarm") throw new Error(`There is no alarm ${alarm}.`);
  for (const { version, lambda } of versions) {
    const arn = JSON.stringify({ "Fn::GetAtt": [lambda, "Arn"] });
    const isShifted =
      settings.canary !== "none" &&
      callers.some(({ Type, Properties }) => SHIFTED.has(Type) && JSON.stringify(Properties).includes(arn));
    for (const caller of callers) call(caller, lambda, arn);
    if (isShifted) resources[groupOf(lambda)] = deploymentGroup(lambda, settings);
    resources[aliasOf(lambda)] = {
      Type: "AWS::Lambda::Alias",
      ...(isShifted && {
        UpdatePolicy: {
          CodeDeployLambdaAliasUpdate: {
            ApplicationName: { Ref: "CanaryApplication" },
            DeploymentGroupName: { Ref: groupOf(lambda) },
          },
        },
      }),
      Properties: {
        Name: "live",
        FunctionName: { Ref: lambda },
        FunctionVersion: { "Fn::GetAtt": [version, "Version"] },
        ...provisioned(resources, lambda, settings),
      },
    };
  }
}

/** Lets a resource call the alias in place of the function. */
function call(caller: Resource, lambda: string, arn: string): void {
  const alias = JSON.stringify({ Ref: aliasOf(lambda) });
  const { Type, Properties } = caller;
  if (Type === "AWS::Lambda::EventInvokeConfig" || Type === "AWS::Lambda::Url") {
    // These name the function and the alias apart.
    const text = JSON.stringify(Properties);
    if (!text.includes(arn) && !text.includes(JSON.stringify({ Ref: lambda }))) return;
    caller.DependsOn = [aliasOf(lambda)];
    caller.Properties = { ...Properties, Qualifier: "live" };
    return;
  }
  caller.Properties = JSON.parse(JSON.stringify(Properties).replaceAll(arn, alias));
}

const groupOf = (lambda: string): string => lambda.replace(/LambdaFunction$/, "CanaryGroup");

/** CodeDeploy runs one deployment of a group at a time, so each function has its own. */
const deploymentGroup = (lambda: string, { canary, alarms }: AliasSettings): Resource => ({
  Type: "AWS::CodeDeploy::DeploymentGroup",
  Properties: {
    ApplicationName: { Ref: "CanaryApplication" },
    ServiceRoleArn: { "Fn::GetAtt": ["CanaryRole", "Arn"] },
    DeploymentConfigName: `CodeDeployDefault.Lambda${canary}`,
    DeploymentStyle: { DeploymentType: "BLUE_GREEN", DeploymentOption: "WITH_TRAFFIC_CONTROL" },
    AlarmConfiguration: {
      Enabled: true,
      Alarms: [...alarms, errorsOf(lambda)].map((alarm) => ({ Name: { Ref: alarm } })),
    },
    AutoRollbackConfiguration: {
      Enabled: true,
      Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
    },
  },
});

const errorsOf = (lambda: string): string => lambda.replace(/LambdaFunction$/, "ErrorsAlarm");

function provisioned(resources: Resources, lambda: string, settings: AliasSettings): object {
  const [name, count = 0] =
    Object.entries(settings.provisioned).find(([function_]) => lambdaOf(function_) === lambda) ?? [];
  if (count === 0) return {};
  const reserved = Number(resources[lambda]?.Properties.ReservedConcurrentExecutions);
  if (count > reserved)
    throw new Error(`${count} instances of ${name} can't be provisioned: it may have ${reserved}.`);
  return { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: count } };
}
