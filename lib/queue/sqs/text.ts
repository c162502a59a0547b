/**
 * Text as SQS takes it. SQS refuses most control characters, U+FFFE and U+FFFF; fauxqs also whatever UTF-16 writes as a
 * surrogate pair. Each such code unit travels as U+FDD0, which Unicode will never assign to anything, and four
 * hexadecimal digits.
 */
const ESCAPE = "\uFDD0";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that SQS refuses.
const REFUSED = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0\ufffe\uffff]/g;
const ESCAPED = /\uFDD0([0-9a-f]{4})/g;

export const encodeText = (text: string): string =>
  text.replace(REFUSED, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, "0"));

/** What `encodeText` was given; a text that needed no escapes is left as it is. */
export const decodeText = (text: string): string =>
  text.includes(ESCAPE)
    ? text.replace(ESCAPED, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;

/** Bytes of a text as SQS counts them. */
export const encodedBytes = (text: string): number => Buffer.byteLength(encodeText(text));
