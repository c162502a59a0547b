/** Serverless plugin: builds the dashboard and the documentation before the functions are packaged. */
import { buildPages } from "../web/build.ts";

export default class PagesPlugin {
  readonly hooks = {
    "before:package:createDeploymentArtifacts": () => buildPages(console.error),
  };
}
