/** Where a function finds the variables that are secret. */
import * as z from "zod";
import { type Environment, parse, shared } from "./config.ts";
import { flag } from "./fields.ts";

const secretSchema = z
  .object({
    /**
     * A secret in AWS Secrets Manager: a JSON object whose members are further variables of the function. They take precedence
     * over those of the environment.
     */
    SECRET_ID: z.string().min(1).optional(),
    AWS_REGION: shared.AWS_REGION,
  })
  .transform((env) => ({ secretId: env.SECRET_ID, region: env.AWS_REGION }));

/**
 * From the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadSecretSettings = (env: Environment = process.env): z.output<typeof secretSchema> =>
  parse(secretSchema, env);

const secretArns = z.string().transform((text, context) => {
  try {
    return new Map(Object.entries(z.record(z.string(), z.string().min(1)).parse(JSON.parse(text))));
  } catch {
    context.addIssue({
      code: "custom",
      message: "must be a JSON object with a secret's ARN for each function",
    });
    return z.NEVER;
  }
});

const stageSchema = z
  .object({
    /** The secret that people write, with the databases' addresses and logins: see `StageSecret`. */
    STAGE_SECRET_ID: z.string().min(1).optional(),
    /** The secrets that the functions read, by function. */
    FUNCTION_SECRETS: secretArns.default(new Map()),
    /** Whether each function gets a user of its own in PostgreSQL. */
    DATABASE_USERS: flag("true"),
    AUDIT_KMS_KEY_ID: z.string().min(1).optional(),
    AWS_REGION: shared.AWS_REGION,
  })
  .transform((env) => ({
    stageSecretId: env.STAGE_SECRET_ID,
    functionSecrets: env.FUNCTION_SECRETS,
    databaseUsers: env.DATABASE_USERS,
    signsWithKms: env.AUDIT_KMS_KEY_ID !== undefined,
    region: env.AWS_REGION,
  }));

export type StageSettings = z.output<typeof stageSchema>;

/**
 * What the function `migrate` knows of the deployment's secrets, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadStageSettings = (env: Environment = process.env): StageSettings => parse(stageSchema, env);
