/** `npm run migrate`: brings the database at DATABASE_URL up to date. */
import { loadConfig } from "../lib/config/config.ts";
import { connectDatabase } from "../lib/postgres/client.ts";
import { migrate } from "../lib/postgres/migrate.ts";
import { ensurePartitions } from "../lib/storage/partitions.ts";

const config = loadConfig();
const applied = await migrate(config.databaseUrl);
const sql = connectDatabase(config);
const made = await ensurePartitions(sql, config);
await sql.end();
console.log(applied.length > 0 ? `Applied ${applied.join(", ")}.` : "The schema is up to date.");
console.log(`${made.length} partitions created.`);
