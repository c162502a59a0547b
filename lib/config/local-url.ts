/** True if the server is on this machine, and so can't be a production system. */
export function isLocalUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return (
    host === "localhost" ||
    host === "::1" ||
    host === "host.docker.internal" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) ||
    host.endsWith(".localhost") ||
    host === "localhost.localstack.cloud" ||
    host.endsWith(".localhost.localstack.cloud")
  );
}
