/** Logs scroll to their end as they grow, until the reader switches "Follow" off or scrolls up. */
import { forEachNowAndLater } from "./dom";

const NEAR_END_PX = 24;

export function setUpLogs(): void {
  forEachNowAndLater<HTMLElement>("[data-log]", follow);
}

function follow(log: HTMLElement): void {
  const text = log.querySelector<HTMLElement>("[data-log-text]");
  const box = log.querySelector<HTMLInputElement>("[data-log-follow]");
  if (!text || !box) return;
  const toEnd = (): void => {
    if (box.checked) text.scrollTop = text.scrollHeight;
  };
  text.addEventListener("wheel", () => {
    box.checked = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR_END_PX;
  }, { passive: true });
  box.addEventListener("change", toEnd);
  new MutationObserver(toEnd).observe(text, { childList: true, characterData: true, subtree: true });
  toEnd();
}
