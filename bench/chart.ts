/** Draws line charts as SVG, without a library. */
import type { Chart, Point } from "./part.ts";

const [WIDTH, HEIGHT] = [800, 400];
const PLOT = { left: 80, right: 540, top: 44, bottom: 340 };
/** Okabe and Ito's colours, which colour-blind readers can distinguish. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"];

interface Scale {
  place(value: number): number;
  ticks: number[];
}

export function toSvg({ title, x, y, log, lines }: Chart): string {
  const points = lines.flatMap((line) => line.points);
  const across = scale(
    points.map(([value]) => value),
    [PLOT.left, PLOT.right],
    log.includes("x"),
  );
  const up = scale(
    points.flatMap(([, value, low = value, high = value]) => [value, low, high]),
    [PLOT.bottom, PLOT.top],
    log.includes("y"),
  );
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 24, title, 'font-size="15" font-weight="bold"'),
    ...across.ticks.map((value) => {
      const at = across.place(value);
      return `<path d="M${at} ${PLOT.top}V${PLOT.bottom}" stroke="#e5e5e5"/>${text(at, PLOT.bottom + 18, short(value), 'text-anchor="middle"')}`;
    }),
    ...up.ticks.map((value) => {
      const at = up.place(value);
      return `<path d="M${PLOT.left} ${at}H${PLOT.right}" stroke="#e5e5e5"/>${text(PLOT.left - 8, at + 4, short(value), 'text-anchor="end"')}`;
    }),
    text((PLOT.left + PLOT.right) / 2, HEIGHT - 16, x, 'text-anchor="middle"'),
    `<g transform="rotate(-90 18 ${(PLOT.top + PLOT.bottom) / 2})">${text(18, (PLOT.top + PLOT.bottom) / 2, y, 'text-anchor="middle"')}</g>`,
    ...lines.map((line, index) => drawLine(line, index, across, up)),
  ];
  return `${[...parts, "</svg>"].join("\n")}\n`;
}

function drawLine({ name, points }: Chart["lines"][number], index: number, across: Scale, up: Scale): string {
  const colour = COLOURS[index % COLOURS.length];
  const places = points.map(([x, y]) => `${across.place(x)},${up.place(y)}`);
  const key = PLOT.top + 8 + index * 20;
  return [
    ...points.map((point) => drawSpread(point, across, up, colour)),
    `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map((place) => {
      const [cx, cy] = place.split(",");
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
    }),
    `<path d="M${PLOT.right + 12} ${key}h16" stroke="${colour}" stroke-width="2"/>${text(PLOT.right + 34, key + 4, name)}`,
  ].join("");
}

/** A bar from the lowest to the highest repeat. */
function drawSpread([x, , low, high]: Point, across: Scale, up: Scale, colour = ""): string {
  if (low === undefined || high === undefined) return "";
  return `<path d="M${across.place(x)} ${up.place(low)}V${up.place(high)}" stroke="${colour}" stroke-opacity="0.35" stroke-width="5"/>`;
}

/** Maps values to positions between two ends; a linear scale begins at 0. */
function scale(values: readonly number[], [start, end]: readonly [number, number], log: boolean): Scale {
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const ticks = log ? decades(finite) : steps(Math.max(...finite, 0));
  const of = (value: number): number => (log ? Math.log10(value) : value);
  const [low, high] = [of(ticks[0] ?? 0), of(ticks.at(-1) ?? 1)];
  const place = (value: number): number =>
    Math.round((start + ((end - start) * (of(value) - low)) / (high - low || 1)) * 10) / 10;
  return { place, ticks };
}

/** Powers of ten around all values, with 2 and 5 between them if there are few. */
function decades(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const between = to - from > 3 ? [1] : [1, 2, 5];
  const all = Array.from({ length: to - from + 1 }, (_, n) =>
    between.map((digit) => digit * 10 ** (from + n)),
  ).flat();
  const first = all.findLastIndex((tick) => tick <= low);
  const last = all.findIndex((tick) => tick >= high);
  return all.slice(Math.max(0, first), last + 1);
}

/** About five round steps from 0 to at least `most`. */
function steps(most: number): number[] {
  const rough = (most || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = power * ([1, 2, 5, 10].find((digit) => digit * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil((most || 1) / size) + 1 }, (_, n) => n * size);
}

const short = (value: number): string =>
  new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);

const text = (x: number, y: number, words: string, attributes = ""): string =>
  `<text x="${x}" y="${y}" fill="#222" ${attributes}>${escapeXml(words)}</text>`;

const escapeXml = (words: string): string => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
