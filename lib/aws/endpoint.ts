import { isLocalUrl } from "../config/local-url.ts";

interface StandIn {
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** What a client of AWS is told where a server stands in for AWS. @param endpoint undefined for AWS itself */
export const standIn = (endpoint: string | undefined): StandIn => ({
  ...(endpoint !== undefined && { endpoint }),
  // A server on this machine asks for some credentials, and shall never see real ones.
  ...(endpoint !== undefined &&
    isLocalUrl(endpoint) && { credentials: { accessKeyId: "local", secretAccessKey: "local" } }),
});
