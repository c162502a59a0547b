/** Reads Protocol Buffers: https://protobuf.dev/programming-guides/encoding/ */

/** The values of each field, by its number. */
export type Fields = ReadonlyMap<number, readonly Value[]>;
export type Value = bigint | Buffer;

const [VARINT, FIXED_64, BYTES, FIXED_32] = [0, 1, 2, 5];

/** Splits a message into its fields; a nested message and a text are bytes. @throws if it is cut or has another wire type */
export function readFields(message: Buffer): Fields {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    if (at > message.length) throw new RangeError("The message is cut.");
    return message.subarray(at - length, at);
  };
  const readValue = (type: number): Value => {
    if (type === VARINT) return varint();
    if (type === FIXED_64) return bytes(8);
    if (type === BYTES) return bytes(Number(varint()));
    if (type === FIXED_32) return bytes(4);
    throw new TypeError(`There is no wire type ${type}.`);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const value = readValue(tag & 7);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

/** The nested messages, or the bytes, of a field. */
export const messagesOf = (fields: Fields, field: number): Buffer[] =>
  (fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value));

export const textOf = (fields: Fields, field: number): string =>
  messagesOf(fields, field)[0]?.toString() ?? "";

export const hexOf = (fields: Fields, field: number): string =>
  messagesOf(fields, field)[0]?.toString("hex") ?? "";

export const numberOf = (fields: Fields, field: number): number => Number(fields.get(field)?.[0] ?? 0);
