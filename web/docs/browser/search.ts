/** The search in the header. The index is loaded when somebody begins to search. */
import type MiniSearch from "minisearch";
import { excerpt, splitAt } from "./excerpt.ts";
import type { Found } from "./search-options.ts";

const MOST_RESULTS = 12;

type Index = MiniSearch<Found>;

/** https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
export function startSearch(): void {
  const search = document.querySelector<HTMLElement>(".search");
  const input = search?.querySelector("input");
  const panel = search?.querySelector<HTMLElement>(".search-panel");
  const list = search?.querySelector<HTMLElement>("[role=listbox]");
  const status = search?.querySelector<HTMLElement>(".search-status");
  if (search && input && panel && list && status) new Search(search, input, panel, list, status);
}

class Search {
  readonly #root: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #panel: HTMLElement;
  readonly #list: HTMLElement;
  readonly #status: HTMLElement;
  #index: Promise<Index> | undefined;
  /** Of the selected result; -1 if none is. */
  #selected = -1;

  constructor(
    root: HTMLElement,
    input: HTMLInputElement,
    panel: HTMLElement,
    list: HTMLElement,
    status: HTMLElement,
  ) {
    this.#root = root;
    this.#input = input;
    this.#panel = panel;
    this.#list = list;
    this.#status = status;
    input.addEventListener("focus", () => void this.#load().catch(() => undefined));
    input.addEventListener("input", () => void this.#show());
    input.addEventListener("keydown", (event) => this.#onKey(event));
    root.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && root.contains(relatedTarget))) this.#close();
    });
    addEventListener("keydown", (event) => this.#onShortcut(event));
  }

  /** `/` begins a search, except where it is typed as a character. */
  #onShortcut(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#input.focus();
    this.#input.select();
  }

  #onKey(event: KeyboardEvent): void {
    const links = [...this.#list.querySelectorAll("a")];
    if (event.key === "ArrowDown") this.#select(links.length ? (this.#selected + 1) % links.length : -1);
    else if (event.key === "ArrowUp")
      this.#select(this.#selected <= 0 ? links.length - 1 : this.#selected - 1);
    else if (event.key === "Enter") (links[this.#selected] ?? links[0])?.click();
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
  }

  /** Fails if the index can't be loaded; the next attempt loads it again. */
  #load(): Promise<Index> {
    this.#index ??= load(this.#root.dataset.index ?? "").catch((error: unknown) => {
      this.#index = undefined;
      throw error;
    });
    return this.#index;
  }

  async #show(): Promise<void> {
    const query = this.#input.value.trim();
    if (query === "") return this.#close();
    try {
      const index = await this.#load();
      // Meanwhile more may have been typed.
      if (query !== this.#input.value.trim()) return;
      this.#render(query, index);
    } catch {
      this.#list.replaceChildren();
      this.#say("The search index could not be loaded.");
    }
    this.#open();
  }

  #render(query: string, index: Index): void {
    const all = index.search(query);
    this.#list.replaceChildren(
      ...all
        .slice(0, MOST_RESULTS)
        .map((result, at) =>
          item(`search-result-${at}`, result as unknown as Found, result.queryTerms.concat(result.terms)),
        ),
    );
    this.#say(all.length === 0 ? `Nothing found for “${query}”.` : `${all.length} results`);
    this.#select(-1);
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  #select(index: number): void {
    const options = [...this.#list.children];
    options[this.#selected]?.setAttribute("aria-selected", "false");
    this.#selected = index;
    const option = options[index];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  #open(): void {
    this.#panel.hidden = false;
    this.#input.ariaExpanded = "true";
  }

  #close(): void {
    this.#panel.hidden = true;
    this.#input.ariaExpanded = "false";
    this.#select(-1);
  }
}

async function load(url: string): Promise<Index> {
  const [{ default: Mini }, { SEARCH_OPTIONS }, response] = await Promise.all([
    import("minisearch"),
    import("./search-options.ts"),
    fetch(url),
  ]);
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return Mini.loadJSON<Found>(await response.text(), SEARCH_OPTIONS);
}

function item(id: string, { id: url, title, page, text }: Found, terms: readonly string[]): HTMLLIElement {
  const option = document.createElement("li");
  option.id = id;
  option.role = "option";
  option.ariaSelected = "false";
  const link = document.createElement("a");
  link.href = url;
  // The focus stays in the field; arrow keys select.
  link.tabIndex = -1;
  const name = document.createElement("span");
  name.className = "result-title";
  name.append(...marked(page === "" ? title : `${page} › ${title}`, terms));
  const part = document.createElement("span");
  part.className = "result-text";
  part.append(...marked(excerpt(text, terms), terms));
  link.append(name, part);
  option.append(link);
  return option;
}

/** Puts each term into a `mark` element. */
const marked = (text: string, terms: readonly string[]): (string | HTMLElement)[] =>
  splitAt(text, terms).map((part, index) => {
    if (index % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
