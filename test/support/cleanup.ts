import { afterAll } from "vitest";

const tasks: (() => unknown)[] = [];

// Here, while the file's tests are collected: vitest takes no notice of an `afterAll` that is called in a hook.
afterAll(async () => {
  for (const task of tasks.splice(0).reverse()) await task();
});

/** Does something after all of the file's tests, last come first served. May be called in a hook or a test. */
export function atEnd(task: () => unknown): void {
  tasks.push(task);
}
