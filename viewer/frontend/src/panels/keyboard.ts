/** Keys for the whole page, except while the reader types or moves through a form. */

import { commandFor, keyOf } from "./commands";
import type { Desk } from "./desk";
import { boundCommands } from "./wishes";

/** Where keys belong to the element that has the focus: `all`, those that move it, those that press it, or none. */
export type Taken = "all" | "moving" | "pressing" | "none";

export function keysTakenBy(target: EventTarget | null, root: HTMLElement): Taken {
  if (!(target instanceof HTMLElement)) return "none";
  if (target.closest("dialog[open], .hv-popover:popover-open")) return "all";
  const own = root.contains(target);
  if (own && target instanceof HTMLInputElement) {
    if (target.type === "range") return "moving";
    if (target.type === "checkbox") return "pressing";
  }
  if (target.isContentEditable || target.matches("input, textarea, select")) return "all";
  if (target.matches(".hv-value")) return "moving";
  return target.closest("button, a, summary") ? "pressing" : "none";
}

/** Kept in the browser: whether keys work wherever the focus is, or only while a picture has it (WCAG 2.1.4). */
const SETTING = "hounsfield.viewer.keys";

export function keysEverywhere(): boolean {
  return storage()?.getItem(SETTING) !== "picture";
}

export function setKeysEverywhere(everywhere: boolean): void {
  storage()?.setItem(SETTING, everywhere ? "everywhere" : "picture");
}

/** Absent where the browser keeps nothing for this site. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export function listenToKeys(desk: Desk): void {
  const own = boundCommands(desk.workspace.arrangement.settings);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    const taken = keysTakenBy(event.target, desk.root);
    if (taken === "all") return;
    const onPicture = event.target instanceof Element && event.target.closest(".hv-stage") !== null;
    if (!onPicture && !keysEverywhere()) return;
    const key = event.ctrlKey || event.metaKey ? `ctrl+${keyOf(event)}` : keyOf(event);
    const menuOpen = desk.root.querySelector(".hv-popover:popover-open") !== null;
    if (onPicture && !menuOpen && desk.takeMarkKey(key, desk.workspace.active)) {
      event.preventDefault();
      return;
    }
    const command = own.get(key) ?? commandFor(key);
    if (!command) return;
    // The browser closes an open menu itself, unless somebody else takes the key.
    if (event.key === "Escape" && menuOpen) return;
    if (taken === "moving" && command.moves) return;
    if (taken === "pressing" && command.presses) return;
    event.preventDefault();
    command.run(desk.workspace.active, desk);
  });
}
