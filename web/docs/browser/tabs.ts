/** Blocks of the same in several languages become tabs. The choice holds for all of them, and is remembered. */

const STORED = "weir.docs.language";

interface Group {
  tabs: HTMLButtonElement[];
  panels: HTMLElement[];
}

/** https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ */
export function makeTabs(): void {
  const groups = [...document.querySelectorAll<HTMLElement>(".tabs")].map(makeGroup);
  const choose = (language: string): void => {
    for (const group of groups) select(group, language);
  };
  for (const { tabs } of groups)
    for (const [index, tab] of tabs.entries()) {
      tab.addEventListener("click", () => chosen(tab, choose));
      tab.addEventListener("keydown", (event) => {
        const next = tabs[indexAfter(event.key, index, tabs.length)];
        if (!next) return;
        event.preventDefault();
        chosen(next, choose);
        next.focus();
      });
    }
  choose(remembered() ?? "sh");
}

/** Stays where it is in the window, although blocks above it change their height. */
function chosen(tab: HTMLButtonElement, choose: (language: string) => void): void {
  const { language = "" } = tab.dataset;
  const before = tab.getBoundingClientRect().top;
  choose(language);
  scrollBy(0, tab.getBoundingClientRect().top - before);
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // A browser that stores nothing forgets the choice with the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function makeGroup(element: HTMLElement, group: number): Group {
  const panels = [...element.querySelectorAll<HTMLElement>(".tab")];
  const list = document.createElement("div");
  list.className = "tab-list";
  list.role = "tablist";
  list.ariaLabel = "Language";
  const tabs = panels.map((panel, index) => {
    const title = panel.querySelector(".tab-title");
    const tab = document.createElement("button");
    tab.type = "button";
    tab.role = "tab";
    tab.id = `tab-${group}-${index}`;
    tab.textContent = title?.textContent ?? "";
    tab.dataset.language = panel.dataset.language ?? "";
    panel.id = `panel-${group}-${index}`;
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    title?.remove();
    return tab;
  });
  list.append(...tabs);
  element.prepend(list);
  return { tabs, panels };
}

/** A group without the language shows its first one. */
function select({ tabs, panels }: Group, language: string): void {
  const found = tabs.findIndex((tab) => tab.dataset.language === language);
  const selected = Math.max(0, found);
  for (const [index, tab] of tabs.entries()) {
    tab.ariaSelected = String(index === selected);
    tab.tabIndex = index === selected ? 0 : -1;
    const panel = panels[index];
    if (panel) panel.hidden = index !== selected;
  }
}

function indexAfter(key: string, index: number, count: number): number {
  if (key === "ArrowRight") return (index + 1) % count;
  if (key === "ArrowLeft") return (index + count - 1) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return -1;
}
