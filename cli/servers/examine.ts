import { examine } from "../../lib/doctor/examine.ts";
import type { Finding } from "../../lib/doctor/finding.ts";
import { withDeps } from "./connect.ts";

/** Examines the servers for `weir doctor`. @throws {CliError} if the settings are invalid */
export const examineServers = (): Promise<Finding[]> => withDeps(examine);
