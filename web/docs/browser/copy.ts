/** A button at each block of code that copies it. */

const SHOWN_MS = 2_000;

export function addCopyButtons(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".code")) block.append(copyButton(block));
}

function copyButton(block: HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  const label = (text: string): void => {
    button.textContent = text;
  };
  label("Copy");
  button.addEventListener("click", async () => {
    label(await copied(block.querySelector("code")?.textContent ?? ""));
    setTimeout(() => label("Copy"), SHOWN_MS);
  });
  return button;
}

/** A page that is not served by HTTPS or from this machine has no clipboard. */
async function copied(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    return "Not allowed";
  }
}
