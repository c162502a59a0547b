/** Pages of a running system. */

/** Name of a file that the dashboard loads. */
export async function assetOfDashboard(url: string): Promise<string> {
  const page = await (await fetch(`${url}/dashboard`)).text();
  const [, name] = /"\/assets\/([\w.-]+)"/.exec(page) ?? [];
  if (name === undefined) throw new Error("The dashboard loads no file.");
  return name;
}
