/** Colours of a terminal, only where they are wanted. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Paint = (style: Style, text: string) => string;

/**
 * @param isWanted false with `--no-color`
 * @returns a function that leaves texts alone unless the stream is a terminal with colours; Node's rules respect NO_COLOR,
 *   FORCE_COLOR and TERM=dumb
 */
export function painter(stream: NodeJS.WriteStream, isWanted: boolean): Paint {
  const isOn = isWanted && (stream.isTTY || process.env.FORCE_COLOR) && hasColors(stream);
  return isOn ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (TERM === "dumb") return false;
  return stream.isTTY ? stream.hasColors() : true;
}
