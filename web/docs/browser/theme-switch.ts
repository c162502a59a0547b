/** The choice of the theme, which the dashboard shares. */
import { applyTheme, chooseTheme, readTheme, THEMES } from "../../dashboard/app/theme.ts";

/** Connects the list in the header, and follows the choice in other tabs. */
export function startThemeSwitch(): void {
  const select = document.querySelector<HTMLSelectElement>("#theme");
  if (!select) return;
  select.value = readTheme();
  select.addEventListener("change", () => {
    chooseTheme(THEMES.find((theme) => theme === select.value) ?? "system");
  });
  addEventListener("storage", () => {
    select.value = readTheme();
    applyTheme(readTheme());
  });
}
