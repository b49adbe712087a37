/** A table wider than its frame scrolls sideways; then the keyboard must reach it (WCAG 2.1.1). */
import { forEachNowAndLater } from "./dom";

export function setUpTables(): void {
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target instanceof HTMLElement) openToKeyboard(target);
  });
  forEachNowAndLater<HTMLElement>(".table-frame", (frame) => watcher.observe(frame));
}

function openToKeyboard(frame: HTMLElement): void {
  if (frame.scrollWidth <= frame.clientWidth) {
    for (const name of ["tabindex", "role", "aria-label"]) frame.removeAttribute(name);
    return;
  }
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", nameOf(frame));
}

function nameOf(frame: HTMLElement): string {
  const named =
    frame.querySelector("caption") ?? frame.closest(".card")?.querySelector(".card-title");
  return named?.textContent?.trim() || "Table";
}
