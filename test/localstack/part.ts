/** A self-contained part of a CloudFormation template. */
import type { Template } from "../package/stack.ts";

const ACCOUNT = "000000000000";

export interface Part {
  template: Template;
  /** The number of omitted resources by type. */
  leftOut: Record<string, number>;
}

/**
 * Keeps the resources of some types. References to an omitted function are replaced by its name or ARN, which are known
 * beforehand, those to an omitted alias by its function; a reference to another omitted resource by its name in the template.
 */
export function partOf(template: Template, types: readonly string[]): Part {
  const kept = new Set(
    Object.entries(template.Resources).flatMap(([name, { Type }]) => (types.includes(Type) ? [name] : [])),
  );
  const leftOut: Record<string, number> = {};
  for (const [name, { Type }] of Object.entries(template.Resources))
    if (!kept.has(name)) leftOut[Type] = (leftOut[Type] ?? 0) + 1;

  const nameOf = (name: string): string => String(template.Resources[name]?.Properties.FunctionName ?? name);
  const isLeftOut = (name: string): boolean => name in template.Resources && !kept.has(name);
  const functionOf = (name: string): unknown => {
    const { Type, Properties } = template.Resources[name] ?? {};
    return Type === "AWS::Lambda::Alias" && settle({ "Fn::GetAtt": [Properties?.FunctionName.Ref, "Arn"] });
  };
  const settle = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(settle);
    if (typeof value !== "object" || value === null) return value;
    const { Ref: ref, "Fn::GetAtt": attribute } = value as { Ref?: string; "Fn::GetAtt"?: [string, string] };
    if (ref !== undefined && isLeftOut(ref)) return functionOf(ref) || nameOf(ref);
    if (attribute !== undefined && isLeftOut(attribute[0]))
      return `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${nameOf(attribute[0])}`;
    const { "Fn::Sub": text } = value as { "Fn::Sub"?: unknown };
    if (typeof text === "string")
      return {
        "Fn::Sub": text.replace(/\$\{(\w+)[.\w]*\}/g, (all, name) => (isLeftOut(name) ? nameOf(name) : all)),
      };
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, settle(member)]));
  };

  const resources = Object.entries(template.Resources).filter(([name]) => kept.has(name));
  const outputs = Object.entries((template as { Outputs?: object }).Outputs ?? {}).filter(([, { Value }]) =>
    kept.has(Value?.Ref ?? Value?.["Fn::GetAtt"]?.[0]),
  );
  const Resources = Object.fromEntries(
    resources.map(([name, { DependsOn: _order, ...resource }]) => [name, settle(resource)]),
  ) as Template["Resources"];
  return { template: { ...template, Resources, Outputs: Object.fromEntries(outputs) }, leftOut };
}
