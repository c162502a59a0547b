/** Light or dark: what the system prefers, unless the user has chosen. The choice is remembered in this browser. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "weir.theme";

/** @returns `system` also if the browser refuses to store anything */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(STORED);
    return THEMES.find((theme) => theme === stored) ?? "system";
  } catch {
    return "system";
  }
}

/** Applies a theme and tells charts, which draw with the theme's colours. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event("themechange"));
}

/** Remembers and applies a theme. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, theme);
  } catch {
    // A browser that stores nothing forgets the choice with the page.
  }
  applyTheme(theme);
}

/** Calls back when the colours may have changed. @returns a function that stops it */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", callback);
  addEventListener("themechange", callback);
  return () => {
    system.removeEventListener("change", callback);
    removeEventListener("themechange", callback);
  };
}
