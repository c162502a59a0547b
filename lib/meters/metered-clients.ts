/** Clients that have had a meter, as far as this process has seen: a hint that decides which statement is tried first. */
const metered = new Set<string>();
const MOST = 10_000;

/** True if the client had a meter when this process last stored its events. */
export const mayHaveMeters = (client: string): boolean => metered.has(client);

export function rememberMetered(clients: readonly string[]): void {
  if (metered.size >= MOST) metered.clear();
  for (const client of clients) metered.add(client);
}
