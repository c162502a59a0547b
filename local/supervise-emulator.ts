import { type Emulator, type EmulatorOptions, startEmulator } from "./emulator.ts";
import { killGroup, type LocalServer } from "./process.ts";
import { type Supervised, supervise, type Teardown } from "./supervise.ts";

const NAME = "serverless-offline";

/**
 * Starts the emulator, and restarts it if it ends unexpectedly. It is added to the teardown first, so that a start in
 * progress can be ended too.
 * @param giveUp called once, if a restart fails
 * @throws with its last log lines if the first start fails
 */
export async function superviseEmulator(
  { signal, ...options }: EmulatorOptions,
  teardown: Teardown,
  say: (line: string) => void,
  giveUp: (error: Error) => void,
): Promise<Supervised> {
  const ending = new AbortController();
  const signals = [ending.signal, ...(signal ? [signal] : [])];
  let emulator: Emulator | undefined;
  let supervised: Supervised | undefined;
  const start = async (): Promise<LocalServer> => {
    ending.signal.throwIfAborted();
    const started = await startEmulator({ ...options, signal: AbortSignal.any(signals) });
    emulator = started;
    await started.ready.catch(async (error: unknown) => {
      await started.stop();
      throw error;
    });
    return started;
  };
  teardown.add(
    NAME,
    async () => {
      ending.abort();
      await supervised?.stop();
      await emulator?.stop();
    },
    () => {
      ending.abort();
      if (emulator) killGroup(emulator.pid);
    },
  );
  supervised = await supervise(NAME, start, say, giveUp);
  return supervised;
}
