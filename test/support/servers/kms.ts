/** The part of KMS that a signer calls, with one Ed25519 key, in this process. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { listen } from "./listen.ts";

export interface FakeKms {
  endpoint: string;
  publicKey: KeyObject;
  /** The calls so far: their names and inputs. */
  calls: { action: string; body: Record<string, unknown>; authorization: string }[];
}

/** @param keyId the only key that it has */
export async function fakeKms(keyId: string, kind: "ed25519" | "ec" = "ed25519"): Promise<FakeKms> {
  const { privateKey, publicKey } =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const calls: FakeKms["calls"] = [];
  const answers: Record<string, (body: Record<string, unknown>) => object> = {
    GetPublicKey: () => ({
      KeyId: keyId,
      KeySpec: kind === "ed25519" ? "ECC_NIST_EDWARDS25519" : "ECC_NIST_P256",
      PublicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    }),
    Sign: ({ Message }) => ({
      KeyId: keyId,
      SigningAlgorithm: "ED25519_SHA_512",
      Signature: sign(null, Buffer.from(String(Message), "base64"), privateKey).toString("base64"),
    }),
  };
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Record<string, unknown>;
    const action = String(request.headers["x-amz-target"]).replace("TrentService.", "");
    calls.push({ action, body, authorization: String(request.headers.authorization) });
    const answer = body.KeyId === keyId ? answers[action]?.(body) : undefined;
    response.writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(answer ?? { __type: "NotFoundException", message: "no such key" }));
  });
  return { endpoint: `http://127.0.0.1:${await listen(server)}`, publicKey, calls };
}
