/** Short messages about what the user just did. They are in a polite live region, and errors stay longer. */
import { signal } from "@preact/signals";

type Kind = "success" | "error";
interface Message {
  id: number;
  kind: Kind;
  text: string;
}

const SHOWN_MS: Readonly<Record<Kind, number>> = { success: 5_000, error: 15_000 };
const messages = signal<readonly Message[]>([]);
let lastId = 0;

/** Shows a message for some seconds. */
export function toast(text: string, kind: Kind = "success"): void {
  lastId += 1;
  const id = lastId;
  messages.value = [...messages.value, { id, kind, text }];
  setTimeout(() => dismiss(id), SHOWN_MS[kind]);
}

const dismiss = (id: number): void => {
  messages.value = messages.value.filter((one) => one.id !== id);
};

/** The region in which messages appear; the shell has one. */
export function Toasts() {
  return (
    <div class="toasts" role="status">
      {messages.value.map(({ id, kind, text }) => (
        <div key={id} class={`toast ${kind}`}>
          <span>{text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
