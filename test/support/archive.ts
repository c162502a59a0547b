/** An archive in a bucket of fauxqs, and what DuckDB reads from its files. */
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as s3 from "@aws-sdk/client-s3";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Deps } from "../../lib/app/connect.ts";
import type { Manifest } from "../../lib/archive/manifest.ts";
import { standIn } from "../../lib/aws/endpoint.ts";
import type { ArchiveSettings } from "../../lib/config/archive.ts";
import { atEnd } from "./cleanup.ts";
import { sqsServer } from "./servers/sqs.ts";
import { tempFolder } from "./servers/temp-folder.ts";

/** How DuckDB reads the archive in a folder; also in docs/archive.md. */
export const READ = `read_parquet('events/client=*/day=*/*.parquet', hive_types = {client: VARCHAR, day: DATE})`;

export interface TestArchive {
  settings: ArchiveSettings;
  /** Objects by key. */
  objects(): Promise<Map<string, Buffer>>;
  /** Number of the bucket's objects that were written since the last call. */
  written(): Promise<number>;
  manifest(client: string, day: string): Promise<Manifest>;
  put(key: string, body: Buffer): Promise<void>;
  remove(key: string): Promise<void>;
  /** Copies the bucket to a folder. */
  download(): Promise<string>;
  /** Runs a statement of DuckDB in a copy of the bucket; `READ` names all events. */
  query(statement: string): Promise<Record<string, unknown>[]>;
}

let endpoint: Promise<string> | undefined;

/** A bucket of its own. */
export async function testArchive(): Promise<TestArchive> {
  endpoint ??= sqsServer();
  const settings = { name: `archive-${randomUUID()}`, endpoint: await endpoint, region: "us-east-1" };
  const client = new s3.S3Client({
    region: settings.region,
    forcePathStyle: true,
    ...standIn(settings.endpoint),
  });
  atEnd(() => client.destroy());
  const Bucket = settings.name;
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  const get = async (Key: string): Promise<Buffer> => {
    const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const objects = async (): Promise<Map<string, Buffer>> => {
    const { Contents = [] } = await client.send(new s3.ListObjectsV2Command({ Bucket }));
    return new Map(await Promise.all(Contents.map(async ({ Key = "" }) => [Key, await get(Key)] as const)));
  };
  const download = async (): Promise<string> => {
    const folder = await tempFolder("archive");
    for (const [key, body] of await objects()) {
      await mkdir(dirname(join(folder, key)), { recursive: true });
      await writeFile(join(folder, key), body);
    }
    return folder;
  };
  let before = new Map<string, string>();
  return {
    settings,
    objects,
    written: async () => {
      const { Contents = [] } = await client.send(new s3.ListObjectsV2Command({ Bucket }));
      const now = new Map(
        Contents.map(({ Key = "", LastModified, ETag }) => [Key, `${LastModified?.getTime()} ${ETag}`]),
      );
      const changed = [...now].filter(([key, state]) => before.get(key) !== state).length;
      before = now;
      return changed;
    },
    manifest: async (name, day) =>
      JSON.parse((await get(`events/client=${name}/day=${day}/_manifest.json`)).toString()),
    put: async (Key, Body) => {
      await client.send(new s3.PutObjectCommand({ Bucket, Key, Body }));
    },
    remove: async (Key) => {
      await client.send(new s3.DeleteObjectCommand({ Bucket, Key }));
    },
    download,
    query: async (statement) => {
      const folder = await download();
      const duckdb = await DuckDBInstance.create();
      const connection = await duckdb.connect();
      try {
        await connection.run(`SET file_search_path = '${folder}'; SET TimeZone = 'UTC'`);
        return (await connection.runAndReadAll(statement)).getRowObjectsJson();
      } finally {
        connection.closeSync();
        duckdb.closeSync();
      }
    },
  };
}

/** With the archive switched on. */
export const withArchive = (deps: Deps, { settings }: Pick<TestArchive, "settings">): Deps => ({
  ...deps,
  config: { ...deps.config, archive: settings },
});

/** All events in PostgreSQL, as `archivedEvents` returns them. */
export const storedEvents = ({ sql }: Deps): Promise<Record<string, unknown>[]> => sql`
  SELECT client_id AS client, to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, event_id, event_type,
         (extract(epoch FROM event_time) * 1000000)::bigint::text AS event_time,
         (extract(epoch FROM received_at) * 1000000)::bigint::text AS received_at,
         (extract(epoch FROM processed_at) * 1000000)::bigint::text AS processed_at,
         receipt_id, CASE WHEN trace_context IS NULL THEN NULL ELSE '00-' || substr(encode(trace_context, 'hex'), 1, 32) || '-'
           || substr(encode(trace_context, 'hex'), 33, 16) || '-' || substr(encode(trace_context, 'hex'), 49) END AS traceparent,
         payload::text AS payload
    FROM events ORDER BY client_id, event_id`;

/** All events in the archive, by DuckDB; times in microseconds since the Unix epoch. */
export const archivedEvents = ({ query }: TestArchive): Promise<Record<string, unknown>[]> =>
  query(`
    SELECT client, strftime(day, '%Y-%m-%d') AS day, event_id, event_type, epoch_us(event_time)::VARCHAR AS event_time,
           epoch_us(received_at)::VARCHAR AS received_at, epoch_us(processed_at)::VARCHAR AS processed_at, receipt_id,
           traceparent, payload
      FROM ${READ} ORDER BY client, event_id`);
