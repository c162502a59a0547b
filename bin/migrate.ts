/** `npm run migrate`: brings the database at DATABASE_URL up to date. */
import { createLogger } from "../lib/base/log.ts";
import { loadConfig } from "../lib/config/config.ts";
import { connectDatabase } from "../lib/postgres/client.ts";
import { bringUpToDate } from "../lib/storage/bring-up-to-date.ts";

const config = loadConfig();
const sql = connectDatabase(config);
const { migrations, partitions } = await bringUpToDate({
  config,
  sql,
  log: createLogger({ logLevel: "WARN" }),
});
await sql.end();
console.log(migrations.length > 0 ? `Applied ${migrations.join(", ")}.` : "The schema is up to date.");
console.log(`${partitions} partitions created.`);
