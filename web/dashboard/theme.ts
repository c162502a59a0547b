/** Applies the chosen theme before the page is painted. */
import { applyTheme, readTheme } from "./app/theme.ts";

applyTheme(readTheme());
