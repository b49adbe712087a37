/** Logs scroll to their end as they grow, until the reader switches "Follow" off or scrolls up. */
import { forEachNowAndLater } from "./dom";

const NEAR_END_PX = 24;

interface Place {
  follow: boolean;
  top: number;
}

/** Where each log was, by id: a page that refreshes itself must not throw the reader back. */
const places = new Map<string, Place>();

export function setUpLogs(): void {
  forEachNowAndLater<HTMLElement>("[data-log]", follow);
}

function follow(log: HTMLElement): void {
  const text = log.querySelector<HTMLElement>("[data-log-text]");
  const box = log.querySelector<HTMLInputElement>("[data-log-follow]");
  if (!text || !box) return;
  const before = places.get(text.id);
  if (before) box.checked = before.follow;
  const settle = (): void => {
    if (box.checked) text.scrollTop = text.scrollHeight;
  };
  const remember = (): void => {
    places.set(text.id, { follow: box.checked, top: text.scrollTop });
  };
  text.addEventListener("scroll", () => {
    const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR_END_PX;
    if (!atEnd && text.matches(":hover, :focus")) box.checked = false;
    remember();
  }, { passive: true });
  box.addEventListener("change", () => {
    settle();
    remember();
  });
  new MutationObserver(settle).observe(text, { childList: true, characterData: true, subtree: true });
  if (before && !before.follow) text.scrollTop = before.top;
  else settle();
}
