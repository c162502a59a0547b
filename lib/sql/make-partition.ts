import type { Transaction } from "./client.ts";

/** A partition by range of time; names and bounds are made from dates alone, so they need no quoting. */
export interface PartitionBounds {
  parent: "events" | "audit_log" | "audit_personal";
  name: string;
  /** Inclusive, RFC 3339; `to` is exclusive. */
  from: string;
  to: string;
}

/**
 * Makes the table of a partition that is not attached yet. A row of it is written once: frozen by the first vacuum that
 * meets it, no later one has to write its page again; and the vacuums come while the partition still grows, since after
 * its week nothing would set one off.
 */
export async function makePartition(tx: Transaction, { parent, name }: PartitionBounds): Promise<void> {
  await tx.unsafe(`
    CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL)
      WITH (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.1)`);
}

/**
 * From here on rows of its time go into it. Unlike CREATE TABLE … PARTITION OF, this lets everybody go on with the other
 * partitions; only DEFAULT is locked.
 * https://www.postgresql.org/docs/18/ddl-partitioning.html
 * @throws SQLSTATE 23514 when a row of its time lies in DEFAULT
 */
export async function attachPartition(
  tx: Transaction,
  { parent, name, from, to }: PartitionBounds,
): Promise<void> {
  await tx.unsafe(`ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
}
