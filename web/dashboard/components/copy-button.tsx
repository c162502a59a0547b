import { useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { toast } from "./toast.tsx";

const SHOWN_MS = 2_000;

/** Copies a text. @param label what it copies, for those who don't see the text beside it */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers allow it on HTTPS and on localhost only.
      toast("The browser does not allow copying on this page. Select the text and copy it.", "error");
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <Button onClick={copy} aria-label={isCopied ? "Copied" : label}>
      {isCopied ? "Copied" : "Copy"}
    </Button>
  );
}
