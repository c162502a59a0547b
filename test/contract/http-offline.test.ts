/** `npm run offline`: where serverless-offline, unpatched, differs from API Gateway. */
import { httpContract } from "./http.ts";

const TEXT_ONLY =
  "It decodes every body as UTF-8 text. API Gateway passes a body as base64 if its type is not text or if it is encoded.";
const OWN_ERROR =
  "It refuses the request itself, before a function is called, and its error is not a problem document.";

await httpContract("offline", {
  "can be sent as gzip": TEXT_ONLY,
  "with more than 1 MiB of gzip is answered with 413 payload-too-large": TEXT_ONLY,
  "with a malformed content type is answered with 415": OWN_ERROR,
  "with a parameter that is not UTF-8 is answered with 400":
    "It decodes the query and encodes it again, so that bytes that are not UTF-8 become U+FFFD. API Gateway passes it as sent.",
  "from pages are answered without a key":
    "It answers preflights itself, by settings of its own and with 200.",
  "with a path that is not UTF-8 is answered with a problem, and recorded": OWN_ERROR,
});
