/**
 * Finds values in JSON text as PostgreSQL's `json #> path` does, all paths of a payload in one pass: as they were sent, with every digit,
 * escape and space. `JSON.parse` would lose these, and `#>` reads the payload once for each path.
 *
 * The text is JSON that PostgreSQL has stored, so it is not checked again. Other text ends the search, at an arbitrary result.
 */
import type { PropertyPath } from "../query/property.ts";

const [TAB, NEWLINE, RETURN, SPACE] = [9, 10, 13, 32];
const [QUOTE, COMMA, OPEN_BRACKET, BACKSLASH, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [
  34, 44, 91, 92, 93, 123, 125,
];

/** A step of the paths that have the same steps before it. */
interface Node {
  readonly members: { readonly name: string; readonly node: Node }[];
  readonly elements: { readonly index: Index; readonly node: Node }[];
  /** Number of the path that ends here; -1 if none does. */
  path: number;
}

/** An array index; one that counts from the end is negative until it is resolved. */
interface Index {
  readonly given: number;
  current: number;
}

const newNode = (): Node => ({ members: [], elements: [], path: -1 });
const NOWHERE = newNode();

/** A step as an array index, as PostgreSQL's `strtoint` reads it. */
const INDEX = /^[ \t\n\v\f\r]*[+-]?\d+$/;
const MAX_INDEX = 2 ** 31 - 1;

/** Finds the values of some paths. It keeps the bounds of one text's values, and so is used for one text after the other. */
export class JsonPaths {
  readonly #root = newNode();
  readonly #bounds: Int32Array;
  /** Indexes that count from the end, by the number of containers around the array. */
  readonly #fromEnd: Index[][] = [];
  #text = "";
  /** Set by `#endOfName`. */
  #escaped = false;

  /** @param paths distinct ones of at least one step; a path's position here is its number */
  constructor(paths: readonly PropertyPath[]) {
    this.#bounds = new Int32Array(2 * paths.length);
    for (const [number, path] of paths.entries()) {
      let node = this.#root;
      for (const [level, step] of path.entries()) node = this.#child(node, level, step);
      node.path = number;
    }
  }

  #child({ members, elements }: Node, level: number, name: string): Node {
    const known = members.find((member) => member.name === name);
    if (known) return known.node;
    const node = newNode();
    members.push({ name, node });
    const given = INDEX.test(name) ? Number(name) : Number.NaN;
    if (Math.abs(given) <= MAX_INDEX) elements.push({ index: this.#index(level, given), node });
    return node;
  }

  #index(level: number, given: number): Index {
    if (given >= 0) return { given, current: given };
    while (this.#fromEnd.length <= level) this.#fromEnd.push([]);
    const known = this.#fromEnd[level]?.find((index) => index.given === given);
    const index = known ?? { given, current: given };
    if (!known) this.#fromEnd[level]?.push(index);
    return index;
  }

  /** Reads a JSON text; then the other methods are about it. */
  read(text: string): void {
    this.#text = text;
    this.#bounds.fill(-1);
    for (const indexes of this.#fromEnd) for (const index of indexes) index.current = index.given;
    this.#value(this.#skipSpace(0), this.#root, 0);
  }

  /** Offset of a path's value in the text; -1 if the text has no such value. */
  startOf(path: number): number {
    return this.#bounds[2 * path] ?? -1;
  }

  /** Where it ends, exclusive. */
  endOf(path: number): number {
    return this.#bounds[2 * path + 1] ?? -1;
  }

  /** A path's value as JSON text; undefined if the text has no such value. */
  valueOf(path: number): string | undefined {
    const start = this.startOf(path);
    return start < 0 ? undefined : this.#text.slice(start, this.endOf(path));
  }

  /**
   * Reads the value that begins here, and searches it for what follows the node. It calls itself no more often than a path has steps.
   * @param level number of containers around the value
   * @returns the end, exclusive
   */
  #value(start: number, node: Node, level: number): number {
    const end = this.#containerOrSkipped(start, node, level);
    if (node.path >= 0) {
      // If a name is repeated, the last value counts.
      this.#bounds[2 * node.path] = start;
      this.#bounds[2 * node.path + 1] = end;
    }
    return end;
  }

  #containerOrSkipped(start: number, node: Node, level: number): number {
    // What holds no path may hold an array that resolves an index.
    if (node.members.length === 0 && level >= this.#fromEnd.length) return this.#skip(start);
    const first = this.#text.charCodeAt(start);
    if (first === OPEN_BRACE) return this.#object(start, node, level);
    return first === OPEN_BRACKET ? this.#array(start, node, level) : this.#skip(start);
  }

  #object(start: number, node: Node, level: number): number {
    let at = this.#skipSpace(start + 1);
    while (this.#text.charCodeAt(at) === QUOTE) {
      const end = this.#endOfName(at + 1);
      const child = this.#member(node, at + 1, end);
      // Past the colon.
      at = this.#skipSpace(this.#skipSpace(end + 1) + 1);
      at = this.#skipSpace(this.#value(at, child, level + 1));
      if (this.#text.charCodeAt(at) === COMMA) at = this.#skipSpace(at + 1);
    }
    return at + 1;
  }

  #member({ members }: Node, start: number, end: number): Node {
    if (this.#escaped && members.length > 0) {
      const decoded: unknown = JSON.parse(this.#text.slice(start - 1, end + 1));
      return members.find(({ name }) => name === decoded)?.node ?? NOWHERE;
    }
    for (const { name, node } of members)
      if (name.length === end - start && this.#text.startsWith(name, start)) return node;
    return NOWHERE;
  }

  #array(start: number, node: Node, level: number): number {
    this.#resolve(start, level);
    let at = this.#skipSpace(start + 1);
    for (let n = 0; at < this.#text.length && this.#text.charCodeAt(at) !== CLOSE_BRACKET; n++) {
      at = this.#skipSpace(this.#element(at, node, n, level + 1));
      if (this.#text.charCodeAt(at) === COMMA) at = this.#skipSpace(at + 1);
    }
    return at + 1;
  }

  #element(at: number, { elements }: Node, n: number, level: number): number {
    const named = elements.filter(({ index }) => index.current === n);
    const [first, ...others] = named;
    // Several steps may mean one element, such as 0 and -3. Each path is searched as if it were the only one.
    const before = others.length === 0 ? [] : this.#fromEnd.flat().map(({ current }) => current);
    const end = this.#value(at, first?.node ?? NOWHERE, level);
    for (const { node } of others) {
      for (const [place, index] of this.#fromEnd.flat().entries())
        index.current = before[place] ?? index.given;
      this.#value(at, node, level);
    }
    return end;
  }

  /**
   * Resolves indexes that count from the end. PostgreSQL (18.4) does so with the first array of this level that has enough elements,
   * wherever it is, and what the worker adds has to be what the fill and queries find with `#>`.
   */
  #resolve(start: number, level: number): void {
    const open = this.#fromEnd[level]?.filter(({ current }) => current < 0) ?? [];
    if (open.length === 0) return;
    const length = this.#lengthOf(start);
    for (const index of open) if (-index.current <= length) index.current += length;
  }

  #lengthOf(start: number): number {
    let length = 0;
    let at = this.#skipSpace(start + 1);
    for (; at < this.#text.length && this.#text.charCodeAt(at) !== CLOSE_BRACKET; length++) {
      at = this.#skipSpace(this.#skip(at));
      if (this.#text.charCodeAt(at) === COMMA) at = this.#skipSpace(at + 1);
    }
    return length;
  }

  #skipSpace(start: number): number {
    for (let at = start; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) return at;
    }
  }

  /** @returns the end of the value that begins here, exclusive */
  #skip(start: number): number {
    const text = this.#text;
    const first = text.charCodeAt(start);
    if (first === QUOTE) return this.#endOfString(start + 1) + 1;
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return this.#endOfScalar(start);
    // A loop, since a text that PostgreSQL takes may be nested deeper than JavaScript's stack.
    for (let at = start, depth = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) at = this.#endOfString(at + 1);
      else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
      else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
    }
    return text.length;
  }

  #endOfScalar(start: number): number {
    for (let at = start; at < this.#text.length; at++) {
      const code = this.#text.charCodeAt(at);
      if (code <= SPACE || code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE) return at;
    }
    return this.#text.length;
  }

  /** Names are short, so a loop takes less than `indexOf`. @returns the place of the closing quotation mark */
  #endOfName(start: number): number {
    const text = this.#text;
    this.#escaped = false;
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) return at;
      if (code === BACKSLASH) {
        this.#escaped = true;
        at++;
      }
    }
    return text.length;
  }

  /** @returns the place of the closing quotation mark */
  #endOfString(start: number): number {
    const text = this.#text;
    for (let at = text.indexOf('"', start); at >= 0; at = text.indexOf('"', at + 1)) {
      let before = at - 1;
      while (before >= start && text.charCodeAt(before) === BACKSLASH) before--;
      // An even number of backslashes are escaped ones.
      if ((at - before) % 2 === 1) return at;
    }
    return text.length;
  }
}
