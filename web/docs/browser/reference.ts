/** Shows the API reference. Nothing of it calls another host: `test/browser/docs-reference.test.ts` watches that. */
import { createApiReference } from "scalar";
import { onThemeChange } from "../../dashboard/app/theme.ts";

const isDark = (): boolean => {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
};

/** https://scalar.com/products/api-references/configuration. A key that a reader enters is never stored. */
const configuration = {
  url: "/openapi.json",
  servers: [{ url: location.origin }],
  forceDarkModeState: isDark() ? "dark" : "light",
  hideDarkModeToggle: true,
  withDefaultFonts: false,
  theme: "none",
  persistAuth: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  documentDownloadType: "direct",
  searchHotKey: "k",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  authentication: { preferredSecurityScheme: "ApiKeyAuth" },
  metaData: { title: document.title },
  setPageTitle: () => document.title,
};

// In an element that has content, Vue would look for its own.
document.querySelector("#reference")?.replaceChildren();
createApiReference("#reference", configuration);
// Scalar reads its setting only once, and finds its colours by these classes.
onThemeChange(() => {
  document.body.classList.toggle("dark-mode", isDark());
  document.body.classList.toggle("light-mode", !isDark());
});
