/** Clients that have had a meter, as far as this process has seen: a hint that decides which statement is tried first. */
const metered = new Set<string>();
const MOST = 10_000;

/** True if one of the clients had a meter when this process last stored events of its. */
export const mayHaveMeters = (clients: readonly string[]): boolean =>
  metered.size > 0 && clients.some((client) => metered.has(client));

export function rememberMetered(clients: readonly string[]): void {
  if (metered.size >= MOST) metered.clear();
  for (const client of clients) metered.add(client);
}
