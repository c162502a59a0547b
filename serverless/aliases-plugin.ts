/** Serverless plugin: adds the aliases to the template. */
import { addAliases, aliasesSchema, type Resources } from "./aliases.ts";

/** The part of the framework that is used here; it has no types of its own. */
interface Serverless {
  service: {
    provider: { compiledCloudFormationTemplate: { Resources: Resources } };
    custom: { aliases: unknown };
  };
  classes: { Error: new (message: string, code: string) => Error };
}

export default class AliasesPlugin {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless) {
    this.hooks = {
      // By then the template has our own resources too, and it has not been written.
      "after:aws:package:finalize:mergeCustomProviderResources": () => {
        const { provider, custom } = serverless.service;
        try {
          addAliases(provider.compiledCloudFormationTemplate.Resources, aliasesSchema.parse(custom.aliases));
        } catch (error) {
          throw new serverless.classes.Error((error as Error).message, "ALIASES");
        }
      },
    };
  }
}
