/** Runs before the page is painted, so that it never appears in the wrong theme, nor without what needs a script. */
import { applyTheme, readTheme } from "../../dashboard/app/theme.ts";

applyTheme(readTheme());
document.documentElement.dataset.script = "";
