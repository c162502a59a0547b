/** Exact decimals, as PostgreSQL's `numeric` has them: which JSON numbers are measured, how they compare, and their sum. */

/** A number of an event. */
export interface Decimal {
  /** The nearest double. Rounding keeps the order, so different doubles decide which number is smaller. */
  readonly double: number;
  /** The number times 10 to the power of `scale`; a safe integer, unless it is `bigint`. */
  readonly units: number | bigint;
  /** Digits after the point, as in PostgreSQL's `numeric`. */
  readonly scale: number;
}

/** Doubles tell apart all decimals of so many digits, and so do their quotients by powers of ten. */
const SHORT = 15;
const POWERS = Array.from({ length: SHORT + 1 }, (_, n) => 10 ** n);
const [MINUS, POINT, ZERO, NINE] = [45, 46, 48, 57];

/**
 * The number that a JSON value is, by the rule of `measured_number` (migration 0016).
 * @param text JSON, of which the value has the characters from `start` to `end`, exclusive
 * @returns undefined if it is no number, or one that meters do not measure
 */
export function readDecimal(text: string, start: number, end: number): Decimal | undefined {
  const first = text.charCodeAt(start);
  if (first !== MINUS && (first < ZERO || first > NINE)) return undefined;
  let units = 0;
  let digits = 0;
  let point = end;
  for (let at = first === MINUS ? start + 1 : start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      units = units * 10 + code - ZERO;
      digits++;
    } else if (code === POINT) point = at + 1;
    else return readLong(text.slice(start, end));
  }
  if (digits > SHORT) return readLong(text.slice(start, end));
  const scale = end - point;
  // The numeric 0 has no sign.
  if (first === MINUS && units !== 0) units = -units;
  return { double: units / (POWERS[scale] ?? Number.NaN), units, scale };
}

const PLAIN = /^-?[0-9]{1,100}(?:\.([0-9]{1,100}))?$/;
const WITH_EXPONENT = /^(-?[0-9]{1,100})(?:\.([0-9]{1,100}))?[eE]([-+]?[0-9]{1,3})$/;
const MAX_DIGITS = 100;

function readLong(text: string): Decimal | undefined {
  const plain = PLAIN.exec(text);
  if (plain) {
    const scale = plain[1]?.length ?? 0;
    return toDecimal(BigInt(text.replace(".", "")), scale);
  }
  const [, whole = "", fraction = "", exponent = ""] = WITH_EXPONENT.exec(text) ?? [];
  if (whole === "") return undefined;
  const mantissa = BigInt(whole + fraction);
  if (mantissa === 0n) return toDecimal(0n, 0);
  // Without the zeros at its end, as `trim_scale` has it.
  const significant = String(mantissa).replace(/0+$/, "");
  const zeros = String(mantissa).length - significant.length;
  const scale = fraction.length - Number(exponent) - zeros;
  const size = significant.replace("-", "").length;
  if (scale > MAX_DIGITS || size - scale > MAX_DIGITS) return undefined;
  return scale < 0
    ? toDecimal(BigInt(significant) * power(-scale), 0)
    : toDecimal(BigInt(significant), scale);
}

const toDecimal = (units: bigint, scale: number): Decimal => ({
  double: Number(textOf({ units, scale })),
  units,
  scale,
});

/** @returns a negative number if `a` is smaller, 0 if they are equal */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.double !== b.double) return a.double < b.double ? -1 : 1;
  if (typeof a.units === "number" && typeof b.units === "number") return 0;
  const scale = Math.max(a.scale, b.scale);
  const [left, right] = [unitsAt(a, scale), unitsAt(b, scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const power = (exponent: number): bigint => 10n ** BigInt(exponent);
const unitsAt = ({ units, scale }: Pick<Decimal, "units" | "scale">, wanted: number): bigint =>
  BigInt(units) * power(wanted - scale);

/** The number as PostgreSQL prints the `numeric`. */
export function textOf({ units, scale }: Pick<Decimal, "units" | "scale">): string {
  const isNegative = units < 0;
  const digits = String(isNegative ? -units : units).padStart(scale + 1, "0");
  const sign = isNegative ? "-" : "";
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A sum without rounding. */
export class ExactSum {
  /** The part that fits into a safe integer, which takes a tenth of the time of `bigint`. */
  #units = 0;
  #scale = 0;
  /** The rest, with `MAX_DIGITS` digits after its point. */
  #rest = 0n;

  add(number: Decimal): void {
    const { units, scale } = number;
    if (typeof units === "bigint") {
      this.#rest += unitsAt(number, MAX_DIGITS);
      return;
    }
    if (scale > this.#scale) this.#widen(scale);
    const added = units * (POWERS[this.#scale - scale] ?? Number.NaN);
    if (Number.isSafeInteger(added) && Number.isSafeInteger(this.#units + added)) this.#units += added;
    else this.#rest += unitsAt(number, MAX_DIGITS);
  }

  #widen(scale: number): void {
    const wider = this.#units * (POWERS[scale - this.#scale] ?? Number.NaN);
    if (!Number.isSafeInteger(wider))
      this.#rest += unitsAt({ units: this.#units, scale: this.#scale }, MAX_DIGITS);
    this.#units = Number.isSafeInteger(wider) ? wider : 0;
    this.#scale = scale;
  }

  /** The sum, as text that PostgreSQL reads. */
  toString(): string {
    if (this.#rest === 0n) return textOf({ units: this.#units, scale: this.#scale });
    const units = unitsAt({ units: this.#units, scale: this.#scale }, MAX_DIGITS);
    return textOf({ units: this.#rest + units, scale: MAX_DIGITS });
  }
}
