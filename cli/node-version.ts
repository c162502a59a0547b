/** Which versions of Node.js run the command line. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** What to do about a version that is too old, or undefined. */
export const oldNodeAdvice =
  major < 20 || (major === 20 && minor < 12)
    ? `weir needs Node.js 20.12 or newer; this is ${process.version}. Get it from https://nodejs.org.`
    : undefined;

/** Whether the version lacks functions that the program uses. */
export const isOldNode = major < 22;
