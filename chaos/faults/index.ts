/** All faults. */
import { deliveryFaults } from "./delivery.ts";
import type { Fault } from "./fault.ts";
import { maintenanceFaults } from "./maintenance.ts";
import { networkFaults } from "./network.ts";
import { postgresFaults } from "./postgres.ts";
import { processFaults } from "./processes.ts";
import { redisFaults } from "./redis.ts";

export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...postgresFaults,
  ...redisFaults,
  ...deliveryFaults,
  ...maintenanceFaults,
  ...networkFaults,
];

/** @throws if there is no fault with that name */
export function faultOf(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (!found) throw new Error(`There is no fault ${name}.`);
  return found;
}
