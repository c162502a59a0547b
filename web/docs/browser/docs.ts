/** What the script adds to a page that can be read without it. */

import { followHeadings } from "./contents.ts";
import { addCopyButtons } from "./copy.ts";
import { startMenu } from "./menu.ts";
import { startSearch } from "./search.ts";
import { makeTabs } from "./tabs.ts";
import { startThemeSwitch } from "./theme-switch.ts";

startThemeSwitch();
startSearch();
startMenu();
makeTabs();
addCopyButtons();
followHeadings();
