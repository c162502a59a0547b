import { httpContract } from "./http.ts";

await httpContract("serve");
