/** Searching a log: Enter goes to the next place, and the count says how many there are. */
import { forEachNowAndLater } from "./dom";

export function setUpLogSearch(): void {
  forEachNowAndLater<HTMLElement>("[data-log]", offerSearch);
}

function offerSearch(log: HTMLElement): void {
  const text = log.querySelector<HTMLElement>("[data-log-text]");
  const box = log.querySelector<HTMLInputElement>("[data-log-search]");
  const found = log.querySelector<HTMLElement>("[data-log-found]");
  if (!text || !box || !found) return;
  let at = -1;
  box.addEventListener("input", () => {
    at = -1;
    found.textContent = "";
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    text.normalize(); // pieces that came one by one become one
    const places = placesOf(box.value, text.textContent ?? "");
    if (!places.length) {
      found.textContent = box.value ? "Not found" : "";
      return;
    }
    const step = event.shiftKey ? -1 : 1;
    at = (at + step + places.length) % places.length;
    show(log, text, places[at] ?? 0, box.value.length);
    found.textContent = `${at + 1} of ${places.length}`;
  });
}

/** Where `wanted` begins in `text`, upper and lower case alike. */
export function placesOf(wanted: string, text: string): number[] {
  if (!wanted) return [];
  const places: number[] = [];
  const [needle, hay] = [wanted.toLowerCase(), text.toLowerCase()];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
    places.push(at);
  }
  return places;
}

/** Select a place of the log and bring it into view; following would take it away again. */
function show(log: HTMLElement, text: HTMLElement, start: number, length: number): void {
  const node = text.firstChild;
  if (!(node instanceof Text)) return;
  const follow = log.querySelector<HTMLInputElement>("[data-log-follow]");
  if (follow?.checked) follow.click();
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, Math.min(start + length, node.length));
  const selection = window.getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
  const place = range.getBoundingClientRect();
  const frame = text.getBoundingClientRect();
  text.scrollTop += place.top - frame.top - frame.height / 2;
}
