/** Marks the heading that is being read in “On this page”. */

/** Part of the window in which a heading counts as reached. */
const REACHED = "-72px 0px -70% 0px";

export function followHeadings(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".contents a")];
  const observer = new IntersectionObserver(
    (entries) => {
      const reached = entries.find(({ isIntersecting }) => isIntersecting)?.target;
      if (!reached) return;
      for (const link of links)
        if (decodeURIComponent(link.hash.slice(1)) === reached.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
    },
    { rootMargin: REACHED },
  );
  for (const { hash } of links) {
    const heading = document.getElementById(decodeURIComponent(hash.slice(1)));
    if (heading) observer.observe(heading);
  }
}
