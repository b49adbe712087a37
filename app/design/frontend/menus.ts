/** Menus are <details>: they open without scripts; here they also close like menus. */
import { closest } from "./dom";

const OPEN = "details[data-menu][open], details.tip[open]";

export function setUpMenus(): void {
  document.addEventListener("click", (event) => {
    const inside = closest(event, OPEN);
    document.querySelectorAll<HTMLDetailsElement>(OPEN).forEach((menu) => {
      if (menu !== inside) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll<HTMLDetailsElement>(OPEN).forEach((menu) => {
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus) menu.querySelector("summary")?.focus();
    });
  });
}
