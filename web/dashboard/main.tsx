/** The dashboard in the browser. */
import { render } from "preact";
import { Shell } from "./app/shell.tsx";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/content.css";
import "./styles/events.css";
import "./styles/overview.css";
import "./styles/views.css";

const app = document.querySelector("#app");
if (app) render(<Shell />, app);
