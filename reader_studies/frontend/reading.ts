/** Entry of the reading page: brings the panel to life whenever it is loaded beside the picture. */

import { Clock } from "./clock";
import { inherited } from "./outbox";
import { ReadingPanel, shelfPrefix } from "./panel";

/** Milliseconds between two reports of the time spent. */
const REPORT = 30_000;
const WRITER = "hounsfield.reading.window";
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

/** A name of this window, the same after a reload. */
function windowName(): string {
  const session = kept("sessionStorage");
  const known = session?.getItem(WRITER) ?? `w${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
  try {
    session?.setItem(WRITER, known);
  } catch {
    return known;
  }
  return known;
}

/** Without locks (an insecure origin) nobody can tell: then what is found is taken over. */
async function isGone(writer: string): Promise<boolean> {
  const { locks } = navigator as { readonly locks?: LockManager };
  if (!locks) return true;
  return (await locks.request(`hounsfield.reading.${writer}`, { ifAvailable: true }, (lock) => lock !== null)) as boolean;
}

/** Held as long as the window lives. */
function hold(writer: string): void {
  const { locks } = navigator as { readonly locks?: LockManager };
  void locks?.request(`hounsfield.reading.${writer}`, () => new Promise(() => undefined));
}

async function begin(root: HTMLFormElement): Promise<void> {
  if (shown === root) return;
  shown = root;
  panel?.stop();
  panel = null;
  const clock = new Clock(() => performance.now(), !document.hidden);
  const shelf = kept("localStorage");
  const { writer, entries } = await inherited(shelf, shelfPrefix(root.dataset), windowName(), isGone);
  if (shown !== root) return;
  hold(writer);
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
