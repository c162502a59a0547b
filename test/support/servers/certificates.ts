/** Certificates of authorities that only a test knows. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import forge from "node-forge";

const { pki } = forge;
const DAY_MS = 86_400_000;

/** Files in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Authority {
  /** File of its own certificate. */
  root: string;
  /** A certificate for servers and clients with this common name and these alternative names, DNS names or addresses. */
  issue(file: string, commonName: string, names?: readonly string[]): Promise<Certificate>;
}

/** Makes an authority that keeps its files in a folder. */
export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const keys = makeKeys();
  const certificate = unsigned(name, keys.public);
  certificate.setIssuer(subject(name));
  certificate.setExtensions([
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, critical: true },
  ]);
  certificate.sign(keys.private, forge.md.sha256.create());
  const root = join(folder, `${name}.pem`);
  await writeFile(root, pki.certificateToPem(certificate));
  return {
    root,
    issue: async (file, commonName, names = []) => {
      const own = makeKeys();
      const issued = unsigned(commonName, own.public);
      issued.setIssuer(subject(name));
      issued.setExtensions([
        { name: "basicConstraints", cA: false },
        ...(names.length === 0 ? [] : [{ name: "subjectAltName", altNames: names.map(altName) }]),
      ]);
      issued.sign(keys.private, forge.md.sha256.create());
      const paths = { cert: join(folder, `${file}.crt`), key: join(folder, `${file}.key`) };
      await writeFile(paths.cert, pki.certificateToPem(issued));
      await writeFile(paths.key, own.pem);
      await chmod(paths.key, 0o600);
      return paths;
    },
  };
}

/** By Node.js: forge makes them in JavaScript, which takes seconds. */
function makeKeys() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return {
    pem: privateKey,
    public: pki.publicKeyFromPem(publicKey),
    private: pki.privateKeyFromPem(privateKey),
  };
}

function unsigned(commonName: string, publicKey: forge.pki.PublicKey): forge.pki.Certificate {
  const certificate = pki.createCertificate();
  certificate.publicKey = publicKey;
  // A positive number.
  certificate.serialNumber = `01${randomBytes(8).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + DAY_MS);
  certificate.setSubject(subject(commonName));
  return certificate;
}

const subject = (commonName: string) => [{ name: "commonName", value: commonName }];

const altName = (name: string) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name });
