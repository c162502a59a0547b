/** `npm run weir -- …`: the command line. `cli` is also a package of its own. */
import "../cli/main.ts";
