import { isLocalUrl } from "../config/local-url.ts";

interface StandIn {
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** Settings of an AWS client for a server that replaces AWS. @param endpoint undefined for AWS itself */
export const standIn = (endpoint: string | undefined): StandIn => ({
  ...(endpoint !== undefined && { endpoint }),
  // A server on this machine requires some credentials, and must never see real ones.
  ...(endpoint !== undefined &&
    isLocalUrl(endpoint) && { credentials: { accessKeyId: "local", secretAccessKey: "local" } }),
});
