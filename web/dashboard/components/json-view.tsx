import { printExact } from "../api/exact.ts";
import { CopyButton } from "./copy-button.tsx";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)/g;

/** JSON as it was sent: numbers keep their digits if the value comes from `call`. */
export function JsonView({ value, label = "JSON" }: { value: unknown; label?: string }) {
  const text = printExact(value);
  return (
    <figure class="code" aria-label={label}>
      <CopyButton text={text} label={`Copy ${label}`} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>
        <code>{coloured(text)}</code>
      </pre>
    </figure>
  );
}

function coloured(text: string) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, string, colon, number] = match;
    const kind =
      string === undefined ? (number === undefined ? "word" : "number") : colon ? "name" : "string";
    const token = colon === undefined ? all : (string ?? all);
    parts.push(text.slice(end, match.index), <span class={`json-${kind}`}>{token}</span>);
    end = match.index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
}
