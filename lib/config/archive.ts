/** Settings of the archive: where closed days are written as Parquet. */
import * as z from "zod";

export const archiveVariables = {
  /** A bucket for the archive of events; unset, there is no archive. Only the function maintenance needs it. */
  ARCHIVE_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket name")
    .optional(),
};

type ArchiveVariables = z.output<z.ZodObject<typeof archiveVariables>> & {
  AWS_REGION: string;
  S3_ENDPOINT?: string | undefined;
};

/** A bucket of S3. */
export interface ArchiveSettings {
  name: string;
  /** Endpoint of a replacement for S3; undefined for S3 itself. */
  endpoint: string | undefined;
  region: string;
}

/** @returns undefined without an archive */
export const archiveSettings = ({
  ARCHIVE_BUCKET: name,
  S3_ENDPOINT: endpoint,
  AWS_REGION: region,
}: ArchiveVariables): ArchiveSettings | undefined =>
  name === undefined ? undefined : { name, endpoint, region };
