/** The HTML of the dashboard. Scripts fill it; without them it says so. */

interface Paths {
  script: string;
  theme: string;
  style: string;
  icon: string;
}

/** Water that falls over a weir. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b6e7d"/><path d="M5 11h11c4 0 4 10 8 10h3M5 16h8c4 0 4 10 8 10h6M5 21h5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/></svg>`;

/** The theme's script is small and comes first, so that the page never appears in the wrong theme. */
export const page = ({ script, theme, style, icon }: Paths): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="The dashboard of a Weir event API.">
<title>Weir</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<script src="${theme}"></script>
<script src="${script}" defer></script>
<link rel="stylesheet" href="${style}">
</head>
<body>
<div id="app"></div>
<noscript><p>The dashboard needs JavaScript. The documentation is at <a href="/docs">/docs</a>.</p></noscript>
</body>
</html>
`;
