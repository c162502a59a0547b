/** Shows the API reference. Nothing of it calls another host: `test/browser/docs.test.ts` watches that. */
import { createApiReference } from "scalar";
import { onThemeChange } from "../../dashboard/app/theme.ts";

const isDark = (): boolean => {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
};

const configuration = () => ({
  url: "/openapi.json",
  forceDarkModeState: isDark() ? "dark" : "light",
  hideDarkModeToggle: true,
  withDefaultFonts: false,
  theme: "none",
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  documentDownloadType: "direct",
  searchHotKey: "k",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  metaData: { title: document.title },
  setPageTitle: () => document.title,
});

const reference = createApiReference("#api-reference", configuration());
onThemeChange(() => reference.updateConfiguration(configuration()));
