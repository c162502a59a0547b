/** Remarks on standard error, so that standard output has only the result. Control characters become spaces. */
export function note(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Text of others without what a terminal would interpret. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, " ");

/** A count and the words that fit it. */
export const counted = (count: number, one: string, several: string): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
