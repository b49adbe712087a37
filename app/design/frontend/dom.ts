/** Finding elements, with types. */

/** The element an event happened in or under, if it matches `selector`. */
export function closest<T extends HTMLElement>(event: Event, selector: string): T | null {
  return event.target instanceof Element ? event.target.closest<T>(selector) : null;
}

/** Run `action` for every match now and in whatever htmx brings in later. */
export function forEachNowAndLater<T extends HTMLElement>(
  selector: string,
  action: (element: T) => void,
): void {
  const run = (root: ParentNode): void => {
    if (root instanceof HTMLElement && root.matches(selector)) action(root as T);
    root.querySelectorAll<T>(selector).forEach(action);
  };
  run(document);
  document.addEventListener("htmx:load", (event) => {
    if (event.target instanceof HTMLElement && event.target !== document.body) run(event.target);
  });
}

/** Build an element with text: never HTML, so that nothing from outside is interpreted. */
export function element(tag: string, css: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = css;
  made.textContent = text;
  return made;
}
