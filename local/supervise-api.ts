import { API_NAMES, type ApiOptions, type ApiProcess, startApi } from "./api.ts";
import { killGroup, type LocalServer } from "./process.ts";
import { type Supervised, supervise, type Teardown } from "./supervise.ts";

/**
 * Starts the process of the API, and restarts it if it ends unexpectedly. It is added to the teardown first, so that a
 * start in progress can be ended too.
 * @param giveUp called once, if a restart fails
 * @throws with its last log lines if the first start fails
 */
export async function superviseApi(
  { signal, ...options }: ApiOptions,
  teardown: Teardown,
  say: (line: string) => void,
  giveUp: (error: Error) => void,
): Promise<Supervised> {
  const name = API_NAMES[options.gateway];
  const ending = new AbortController();
  const signals = [ending.signal, ...(signal ? [signal] : [])];
  let api: ApiProcess | undefined;
  let supervised: Supervised | undefined;
  const start = async (): Promise<LocalServer> => {
    ending.signal.throwIfAborted();
    const started = await startApi({ ...options, signal: AbortSignal.any(signals) });
    api = started;
    await started.ready.catch(async (error: unknown) => {
      await started.stop();
      throw error;
    });
    return started;
  };
  teardown.add(
    name,
    async () => {
      ending.abort();
      await supervised?.stop();
      await api?.stop();
    },
    () => {
      ending.abort();
      if (api) killGroup(api.pid);
    },
  );
  supervised = await supervise(name, start, say, giveUp);
  return supervised;
}
