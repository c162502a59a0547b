/** PostgreSQL faults: refused connections and writes, locks, a full disk. */
import type postgres from "postgres";
import type { System } from "../system.ts";
import { type Fault, nothing } from "./fault.ts";
import { connectControl, withPostgres } from "./postgres-control.ts";

const TABLES = ["event_ledger", "rollups", "receipts", "pipeline_totals", "audit_lanes"];
const MOST_CONNECTIONS = 60;

const lock: Fault = {
  name: "postgres-lock",
  target: "postgres",
  seconds: [1, 8],
  begin: async ({ system, random }) => {
    const table = random.pick(TABLES);
    const sql = connectControl(system);
    // One connection, so that the following statements are in the same transaction.
    await sql.unsafe(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`).catch(async (error) => {
      await sql.end({ timeout: 0 });
      throw error;
    });
    return {
      detail: table,
      // Its transaction ends with the connection.
      undo: () => sql.end({ timeout: 0 }),
    };
  },
};

const readOnly: Fault = {
  name: "postgres-read-only",
  target: "postgres",
  seconds: [1, 6],
  denies: "postgres",
  begin: async ({ system }) => {
    await setReadOnly(system, "SET default_transaction_read_only = on");
    return { detail: "", undo: () => setReadOnly(system, "RESET default_transaction_read_only") };
  },
};

const setReadOnly = (system: System, change: string): Promise<void> =>
  withPostgres(system, async (sql) => {
    await sql.unsafe(`ALTER SYSTEM ${change}`);
    await sql`SELECT pg_reload_conf()`;
  });

const connections: Fault = {
  name: "postgres-connections",
  target: "postgres",
  seconds: [1, 6],
  begin: async ({ system }) => {
    const holders = await Promise.all(
      Array.from({ length: MOST_CONNECTIONS }, async () => {
        const sql = connectControl(system);
        return sql`SELECT 1`.then(
          () => sql,
          () => sql.end({ timeout: 0 }),
        );
      }),
    );
    const held = holders.filter((holder): holder is postgres.Sql => holder !== undefined);
    // The functions' connections are closed, and find no free slot when they reconnect.
    await held[0]?.unsafe(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir'",
    );
    return {
      detail: `${held.length} held`,
      undo: async () => {
        await Promise.all(held.map((sql) => sql.end({ timeout: 0 })));
      },
    };
  },
};

const terminate: Fault = {
  name: "postgres-terminate",
  target: "postgres",
  seconds: [0, 0],
  begin: async ({ system }) => {
    const ended = await withPostgres(
      system,
      (sql) => sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir'`,
    );
    return { detail: `${ended.count} connections`, undo: nothing };
  },
};

const diskFull: Fault = {
  name: "postgres-disk-full",
  target: "postgres",
  seconds: [1, 4],
  begin: async ({ system: { disks } }) => {
    const disk = disks.postgres;
    if (!disk) return "a small disk can't be mounted here: it requires Linux and root";
    await disk.fill();
    return { detail: "", undo: () => disk.empty() };
  },
};

export const postgresFaults: readonly Fault[] = [lock, readOnly, connections, terminate, diskFull];
