/** The navigation on a narrow screen: a button shows and hides it. */

export function startMenu(): void {
  const button = document.querySelector<HTMLButtonElement>(".menu-button");
  const navigation = document.querySelector<HTMLElement>("#navigation");
  if (!button || !navigation) return;
  const show = (isOpen: boolean): void => {
    button.setAttribute("aria-expanded", String(isOpen));
    navigation.classList.toggle("open", isOpen);
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  navigation.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    show(false);
    button.focus();
  });
  navigation.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}
