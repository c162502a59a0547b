import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scramVerifier } from "../../../lib/postgres/password.ts";

describe("the verifier of a password", () => {
  it("accepts the client's proof in the example of RFC 7677, and yields its server's signature", () => {
    const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const messages = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const verifier = scramVerifier("pencil", Buffer.from(salt, "base64"));
    const [, keys = ""] = verifier.split(`SCRAM-SHA-256$4096:${salt}$`);
    const [storedKey = Buffer.alloc(0), serverKey = ""] = keys
      .split(":")
      .map((key) => Buffer.from(key, "base64"));
    const sign = (key: string | Buffer): Buffer => createHmac("sha256", key).update(messages).digest();
    expect(sign(serverKey).toString("base64")).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
    const clientKey = proof.map((byte, position) => byte ^ (sign(storedKey)[position] ?? 0));
    expect(createHash("sha256").update(clientKey).digest()).toEqual(storedKey);
  });

  it("has a new salt each time", () => {
    expect(scramVerifier("pencil")).not.toBe(scramVerifier("pencil"));
  });

  it.each(["", "pässword", "tab\tulator"])(
    "is refused for a password that servers may change: %j",
    (text) => {
      expect(() => scramVerifier(text)).toThrow("printable ASCII");
    },
  );
});
