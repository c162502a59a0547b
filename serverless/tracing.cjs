/**
 * Tracing of the functions, from the parameters `otelLayer` and `xray`: docs/tracing.md. Code and not YAML, since a layer
 * needs a variable in addition to those of environment.yml.
 */

/** As AWS' layers name it: https://aws-otel.github.io/docs/getting-started/lambda */
const WRAPPER = "/opt/otel-instrument";

module.exports = async ({ resolveVariable }) => {
  const layer = await resolveVariable("param:otelLayer");
  const queue = await resolveVariable("param:queue");
  const environment = await resolveVariable(`file(serverless/environment.yml):${queue}`);
  const isLayered = layer !== "none";
  return {
    layers: isLayered ? [layer] : [],
    environment: isLayered ? { ...environment, AWS_LAMBDA_EXEC_WRAPPER: WRAPPER } : environment,
    policy: policies[await resolveVariable("param:xray")],
  };
};

const policies = {
  true: {
    PolicyName: "xray",
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
          Resource: "*", // these calls can't be restricted to a resource
        },
      ],
    },
  },
  false: { Ref: "AWS::NoValue" },
};
