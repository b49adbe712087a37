/**
 * News at once: an element with `data-news` names a WebSocket that hints at changes.
 *
 * A hint becomes the event "news" on the body, which makes htmx ask again. The page asks now and
 * then anyway, so a socket that cannot be had costs seconds and nothing else.
 */
import { forEachNowAndLater } from "./dom";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Closed for good: not signed in, or nothing there to look at. */
const REFUSED = new Set([4401, 4404]);

/** Sockets that are open or on their way, by address: an element may be swapped for another. */
const open = new Set<string>();

export function setUpNews(): void {
  forEachNowAndLater<HTMLElement>("[data-news]", (element) => {
    const path = element.dataset["news"];
    if (path && !open.has(path)) listen(path, FIRST_PAUSE_MS);
  });
}

/** Whether anything on the page still wants to know. */
function wanted(path: string): boolean {
  return document.querySelector(`[data-news="${CSS.escape(path)}"]`) !== null;
}

function listen(path: string, pause: number): void {
  open.add(path);
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${path}`);
  let wait = pause;
  let first = true;
  socket.addEventListener("message", () => {
    wait = FIRST_PAUSE_MS;
    if (!wanted(path)) socket.close();
    // The first message says where things are, which the page knows unless it was away.
    else if (!first || pause > FIRST_PAUSE_MS) tell();
    first = false;
  });
  socket.addEventListener("close", (event) => {
    open.delete(path);
    if (REFUSED.has(event.code) || !wanted(path)) return;
    window.setTimeout(() => {
      if (wanted(path) && !open.has(path)) listen(path, Math.min(2 * wait, LONGEST_PAUSE_MS));
    }, wait);
  });
}

function tell(): void {
  document.body.dispatchEvent(new Event("news"));
}
