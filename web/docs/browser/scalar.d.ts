/** The bundle of `@scalar/api-reference` for browsers, which has no types of its own; `../bundle.ts` finds it. */
declare module "scalar" {
  export function createApiReference(
    element: string,
    configuration: Readonly<Record<string, unknown>>,
  ): { updateConfiguration(configuration: Readonly<Record<string, unknown>>): void };
}
