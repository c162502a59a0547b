import type { Transaction } from "./client.ts";

/**
 * @param document canonical JSON without the signature
 * @param signature in hexadecimal
 */
export async function insertCheckpoint(
  tx: Transaction,
  checkpoint: number,
  document: string,
  signature: string,
): Promise<void> {
  await tx`
    INSERT INTO audit_checkpoints (checkpoint, document, signature)
    VALUES (${checkpoint}, ${document}, decode(${signature}, 'hex'))`;
}
