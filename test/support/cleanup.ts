import { afterAll } from "vitest";

const tasks: (() => unknown)[] = [];

// Registered while the file's tests are collected: vitest ignores an `afterAll` that is called in a hook.
afterAll(async () => {
  for (const task of tasks.splice(0).reverse()) await task();
});

/** Runs a function after all of the file's tests, last registered first. May be called in a hook or a test. */
export function atEnd(task: () => unknown): void {
  tasks.push(task);
}
