/** Shows progress: one updating line on a terminal, separate lines elsewhere. */

export interface ProgressLine {
  say(text: string): void;
  end(): void;
}

export function progressLine(out: NodeJS.WriteStream, start = performance.now()): ProgressLine {
  const line = (text: string): string => {
    const seconds = Math.round((performance.now() - start) / 1_000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}  ${text}`;
  };
  if (!out.isTTY) return { say: (text) => out.write(`${line(text)}\n`), end: () => {} };
  return {
    say: (text) => out.write(`\r\u001b[K${line(text).slice(0, out.columns - 1)}`),
    end: () => out.write("\r\u001b[K"),
  };
}
