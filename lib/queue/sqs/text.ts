/**
 * Escapes text for SQS. SQS rejects most control characters, U+FFFE and U+FFFF; fauxqs also rejects UTF-16 surrogate
 * pairs. Each such code unit is sent as U+FDD0, a Unicode noncharacter, and four hexadecimal digits.
 */
const ESCAPE = "\uFDD0";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that SQS refuses.
const REFUSED = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0\ufffe\uffff]/g;
const ESCAPED = /\uFDD0([0-9a-f]{4})/g;

export const encodeText = (text: string): string =>
  text.replace(REFUSED, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, "0"));

/** Reverses `encodeText`. */
export const decodeText = (text: string): string =>
  text.includes(ESCAPE)
    ? text.replace(ESCAPED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;

/** Size of a text in bytes, as SQS counts it. */
export const encodedBytes = (text: string): number => Buffer.byteLength(encodeText(text));
