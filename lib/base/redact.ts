/** Takes secrets out of what a caller wrote where none belongs. */

/** What looks like a key of our making, also where it was cut short, runs on, or is in capitals. */
const SECRET = /weir_[a-z0-9-]{1,32}_[\w-]{20,}/gi;
/** How often something may have been percent-encoded and still be understood. */
const LEVELS = 4;

/** Cuts each key of ours down to what may be shown of it. A text without any stays as it is. */
export function withoutSecrets(text: string): string {
  let shown = text;
  let decoded = text;
  for (let level = 0; level <= LEVELS; level++) {
    const cut = decoded.replace(SECRET, cutSecret);
    if (cut !== decoded) shown = cut;
    decoded = decodePercent(cut);
    if (decoded === cut) break;
  }
  return shown;
}

/** Its first part ends at the second underscore: a client's id has none. */
const cutSecret = (secret: string): string => secret.slice(0, secret.indexOf("_", 5) + 5);

/** Keys are ASCII, so that is all that need be decoded. */
const decodePercent = (text: string): string =>
  text.replace(/%([2-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
