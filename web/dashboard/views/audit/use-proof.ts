import { useEffect, useState } from "preact/hooks";
import { respond } from "../../api/client.ts";
import { isOffline, whenOnline } from "../../api/connection.ts";
import type { Proof } from "./check-proof.ts";

export interface LoadedProof {
  proof?: Proof;
  /** As it was sent, to save it. */
  text?: string;
  error?: unknown;
  reload(): void;
}

/** Loads the proof of an entry, with the numbers of JavaScript: RFC 8785 defines the hashed text by them. */
export function useProof(requestId: string): LoadedProof {
  const [state, setState] = useState<Omit<LoadedProof, "reload">>({});
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const load = async (): Promise<void> => {
      const response = await respond(
        "getProof",
        { path: { request_id: requestId } },
        { signal: stop.signal },
      );
      const text = await response.text();
      setState({ text, proof: JSON.parse(text) as Proof });
    };
    setState({});
    load().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      setState({ error });
      if (isOffline(error)) whenOnline(stop.signal, () => setAttempt((count) => count + 1));
    });
    return () => stop.abort();
  }, [requestId, attempt]);
  return { ...state, reload: () => setAttempt((count) => count + 1) };
}
