/** `npm run migrate`: brings the database at DATABASE_URL up to date. */
import { loadConfig } from "../lib/config.ts";
import { migrate } from "../lib/migrate.ts";
import { ensurePartitions } from "../lib/partitions.ts";
import { connectDatabase } from "../lib/sql/client.ts";

const config = loadConfig();
const applied = await migrate(config.databaseUrl);
const sql = connectDatabase(config);
const made = await ensurePartitions(sql, config);
await sql.end();
console.log(applied.length > 0 ? `Applied ${applied.join(", ")}.` : "The schema is up to date.");
console.log(`${made.length} partitions made.`);
