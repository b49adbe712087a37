/** Entry of the reading page: brings the panel to life whenever it is loaded beside the picture. */

import { Clock } from "./clock";
import { inherited, nameOfWindow } from "./outbox";
import { ReadingPanel, shelfPrefix } from "./panel";

/** Milliseconds between two reports of the time spent. */
const REPORT = 30_000;
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown", "touchstart"] as const;

let panel: ReadingPanel | null = null;
let shown: HTMLElement | null = null;

/** Absent where the browser keeps nothing for this site. */
function kept(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}

/** Names that this window goes by. */
const held = new Set<string>();
/** Milliseconds that the lock of a page which is just being left may take to be free. */
const UNLOADING = 500;

/** Takes a name for as long as the window lives. Without locks (an insecure origin) nobody can tell: then all are free. */
function claim(name: string, patience = 0): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (!locks || held.has(name)) return Promise.resolve(true);
  const how: LockOptions = patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true };
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      if (lock === null) return undefined;
      held.add(name);
      return new Promise(() => undefined);
    };
    locks.request(`hounsfield.reading.${name}`, how, hold).catch(() => { resolve(false); });
  });
}

async function begin(root: HTMLFormElement): Promise<void> {
  if (shown === root) return;
  shown = root;
  panel?.stop();
  panel = null;
  const clock = new Clock(() => performance.now(), !document.hidden);
  const shelf = kept("localStorage");
  const own = await nameOfWindow(kept("sessionStorage"), (name) => claim(name, UNLOADING));
  const { writer, entries } = await inherited(shelf, shelfPrefix(root.dataset), own, claim);
  if (shown !== root) return;
  SIGNS.forEach((sign) => { document.addEventListener(sign, () => { clock.touch(); }, { passive: true, capture: true }); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clock.hide();
    else clock.show();
  });
  panel = new ReadingPanel({ root, clock, shelf, writer, inherited: entries, go: (address) => { window.location.assign(address); } });
}

function look(): void {
  const root = document.querySelector<HTMLFormElement>("#reading-panel");
  if (root) void begin(root);
}

document.addEventListener("htmx:afterSettle", look);
document.addEventListener("visibilitychange", () => { if (document.hidden) panel?.part(); });
window.addEventListener("pagehide", () => { panel?.part(); });
window.addEventListener("online", () => { panel?.online(); });
window.setInterval(() => { panel?.tick(); }, REPORT);
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.metaKey) return;
  if (event.key === "F6" && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    panel?.crossOver();
  } else if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    void panel?.finish();
  }
});
look();
