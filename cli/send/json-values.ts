/** The values of a JSON array, or of JSON texts that follow each other, without reading all of them into memory. */
import { usageError } from "../errors.ts";
import type { Raw } from "./record.ts";

/** Longest value that is kept. */
const LONGEST = 8 * 1_048_576;

/**
 * Cuts the text into values by counting brackets outside strings; whether each is valid JSON is for its parser.
 * @throws {CliError} if the text ends within a value, or a value is too long
 */
export async function* readValues(bytes: AsyncIterable<Buffer>): AsyncGenerator<Raw> {
  const cutter = new Cutter();
  for await (const text of decoded(bytes)) yield* cutter.add(text);
  yield* cutter.end();
}

async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of bytes) yield utf8.decode(chunk, { stream: true });
    yield utf8.decode();
  } catch (error) {
    if (error instanceof TypeError) throw usageError("The input is not UTF-8.");
    throw error;
  }
}

class Cutter {
  #value = "";
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether the values are the elements of one array. */
  #inArray = false;
  #number = 0;

  *add(text: string): Generator<Raw> {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at] as string;
      if (this.#inString) {
        this.#readString(char);
        continue;
      }
      if (this.#opensArray(char, text.slice(from, at)) || this.#separates(char)) {
        yield* this.#cut(text.slice(from, at));
        from = at + 1;
      } else if (this.#closesValue(char)) {
        // Objects may follow each other directly.
        yield* this.#cut(text.slice(from, at + 1));
        from = at + 1;
      }
    }
    this.#value += text.slice(from);
    if (this.#value.length > LONGEST)
      throw usageError(`Value ${this.#number + 1} has more than ${LONGEST} characters.`);
  }

  *end(): Generator<Raw> {
    if (this.#depth > 0 || this.#inString)
      throw usageError(`The input ends within value ${this.#number + 1}.`);
    yield* this.#cut("");
  }

  #readString(char: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (char === "\\") this.#escaped = true;
    else if (char === '"') this.#inString = false;
  }

  /** True for the bracket of an array around all values. */
  #opensArray(char: string, before: string): boolean {
    if (char !== "[" || this.#inArray || this.#number > 0 || this.#depth > 0) return false;
    this.#inArray = this.#value.trim() === "" && before.trim() === "";
    return this.#inArray;
  }

  #separates(char: string): boolean {
    return this.#depth === 0 && /[\s,\]]/.test(char);
  }

  /** Counts brackets. @returns true for the one that ends a value */
  #closesValue(char: string): boolean {
    if (char === '"') this.#inString = true;
    else if (char === "{" || char === "[") this.#depth++;
    else if (char === "}" || char === "]") return --this.#depth === 0;
    return false;
  }

  *#cut(more: string): Generator<Raw> {
    const text = (this.#value + more).trim();
    this.#value = "";
    if (text !== "") yield { line: ++this.#number, text };
  }
}
