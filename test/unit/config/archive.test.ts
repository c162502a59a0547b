import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../lib/config/config.ts";
import { loadLocalConfig } from "../../../lib/config/local.ts";

const servers = { DATABASE_URL: "postgres://127.0.0.1/weir", REDIS_URL: "redis://127.0.0.1" };

describe("ARCHIVE_BUCKET", () => {
  it("switches the archive on", () => {
    expect(loadConfig(servers).archive).toBeUndefined();
    expect(
      loadConfig({ ...servers, ARCHIVE_BUCKET: "weir-lake", AWS_REGION: "eu-central-1" }).archive,
    ).toEqual({
      name: "weir-lake",
      endpoint: undefined,
      region: "eu-central-1",
    });
    const local = { ...servers, ARCHIVE_BUCKET: "weir-lake", S3_ENDPOINT: "http://127.0.0.1:4566" };
    expect(loadConfig(local).archive).toMatchObject({ endpoint: "http://127.0.0.1:4566" });
  });

  it("must be a bucket's name", () => {
    expect(() => loadConfig({ ...servers, ARCHIVE_BUCKET: "s3://weir-lake" })).toThrow(
      /ARCHIVE_BUCKET: must be a bucket name/,
    );
  });

  it("must be on this machine for a local run", () => {
    const refused = /ARCHIVE_BUCKET: requires an S3_ENDPOINT on this machine/;
    expect(() => loadLocalConfig({ ARCHIVE_BUCKET: "weir" })).toThrow(refused);
    const remote = { ARCHIVE_BUCKET: "weir", S3_ENDPOINT: "https://s3.example.com" };
    expect(() => loadLocalConfig(remote)).toThrow(refused);
    expect(loadLocalConfig({ ...remote, S3_ENDPOINT: "http://localhost:4566" }).queue).toBe("redis");
  });
});
