import { describe, expect, it } from "vitest";
import { budgetTable, connectionBudget } from "../../../serverless/connection-budget.ts";

const limits = { databaseMaxConnections: 100, databaseSpareConnections: 10, accountConcurrency: 1_000 };

const aFunction = (name: string, instances?: number, poolSize?: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: {
    FunctionName: name,
    ...(instances !== undefined && { ReservedConcurrentExecutions: instances }),
    Environment: { Variables: { ...(poolSize !== undefined && { DATABASE_POOL_SIZE: poolSize }) } },
  },
});

const template = (...functions: ReturnType<typeof aFunction>[]) => ({
  Resources: {
    Queue: { Type: "AWS::SQS::Queue" },
    ...Object.fromEntries(functions.map((one, index) => [`F${index}`, one])),
  },
});

describe("the connection budget", () => {
  it("sums instances times connections, and fits exactly at the limit", () => {
    const budget = connectionBudget(template(aFunction("ingest", 50), aFunction("worker", 10, "4")), limits);
    expect(budget).toMatchObject({ connections: 90, available: 90, faults: [] });
  });

  it("does not fit one connection over the limit", () => {
    const budget = connectionBudget(template(aFunction("ingest", 51), aFunction("worker", 10, "4")), limits);
    expect(budget.faults).toEqual([expect.stringContaining("may open 91 connections")]);
  });

  it("refuses a function without a limit", () => {
    const budget = connectionBudget(template(aFunction("ingest", 5), aFunction("new")), limits);
    expect(budget.faults).toEqual(["new has no reservedConcurrency, so nothing limits its connections."]);
  });

  it("leaves the unreserved concurrency that AWS requires", () => {
    const many = { ...limits, databaseMaxConnections: 5_000 };
    expect(connectionBudget(template(aFunction("ingest", 900)), many).faults).toEqual([]);
    expect(connectionBudget(template(aFunction("ingest", 901)), many).faults).toEqual([
      expect.stringContaining("reserve 901"),
    ]);
  });

  it("refuses limits with a missing or misspelt member", () => {
    const { accountConcurrency, ...missing } = limits;
    expect(() => connectionBudget(template(), missing)).toThrow("accountConcurrency");
    expect(() =>
      connectionBudget(template(), { ...missing, acountConcurrency: accountConcurrency }),
    ).toThrow();
  });

  it("prints a readable table", () => {
    const budget = connectionBudget(
      template(aFunction("weir-dev-ingest", 50), aFunction("new", 2, "3")),
      limits,
    );
    expect(budgetTable(budget)).toBe(
      [
        "function         instances  each  connections",
        "weir-dev-ingest         50     1           50",
        "new                      2     3            6",
        "total                                      56",
        "available                                  90",
      ].join("\n"),
    );
  });
});
