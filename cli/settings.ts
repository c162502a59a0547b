/** The only module of the command line that reads the environment. The servers' settings are in `lib/config`. */
import { homedir } from "node:os";
import { join } from "node:path";

const given = (name: string): string | undefined => {
  const value = process.env[name];
  // As the shell's users expect, an empty variable counts as unset.
  return value === undefined || value === "" ? undefined : value;
};

/** Where and as whom to call the API. `WEIR_API_KEY` is the former name of `WEIR_KEY`. */
export const environment = {
  get url() {
    return given("WEIR_URL");
  },
  get key() {
    return given("WEIR_KEY") ?? given("WEIR_API_KEY");
  },
  get profile() {
    return given("WEIR_PROFILE");
  },
  get zone() {
    return given("WEIR_ZONE");
  },
  /** The data folder of a system that `npm start` runs. */
  get dataDir() {
    return given("WEIR_DATA_DIR") ?? ".weir";
  },
  get hasServers() {
    return given("DATABASE_URL") !== undefined || given("REDIS_URL") !== undefined;
  },
  get pager() {
    return given("PAGER");
  },
};

/** The folder of a kind of files by the XDG Base Directory Specification. */
export const configFolder = (): string =>
  join(given("XDG_CONFIG_HOME") ?? join(homedir(), ".config"), "weir");
export const stateFolder = (): string =>
  join(given("XDG_STATE_HOME") ?? join(homedir(), ".local", "state"), "weir");
