/**
 * Serverless plugin: fails `serverless package`, and so every deployment, if the functions could open more connections
 * than the database accepts.
 */
import { budgetTable, connectionBudget } from "./connection-budget.ts";

/** The part of the framework that is used here; it has no types of its own. */
interface Serverless {
  service: {
    provider: { compiledCloudFormationTemplate: unknown };
    custom: { connectionBudget: unknown };
  };
  classes: { Error: new (message: string, code: string) => Error };
}

export default class ConnectionBudgetPlugin {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless, _options: unknown, { log }: { log: { notice(text: string): void } }) {
    this.hooks = {
      // The template is complete by then, and nothing has been uploaded.
      "before:package:finalize": () => {
        const { provider, custom } = serverless.service;
        const budget = connectionBudget(provider.compiledCloudFormationTemplate, custom.connectionBudget);
        const table = `Connections to the database\n\n${budgetTable(budget)}\n`;
        log.notice(table);
        if (budget.faults.length > 0)
          throw new serverless.classes.Error(
            `The connection budget does not fit.\n${budget.faults.join("\n")}`,
            "CONNECTION_BUDGET",
          );
      },
    };
  }
}
