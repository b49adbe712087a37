/** Keys for the whole page, except while the reader types or moves through a form. */

import { presetsFor } from "../core/window-level";
import type { Viewer } from "../state/viewer";

export interface KeyboardOptions {
  readonly viewer: Viewer;
  readonly root: HTMLElement;
  readonly onHelp: () => void;
}

type Action = (viewer: Viewer) => void;

const PAGE = 10;

/** By `KeyboardEvent.key`, lower case. */
const NAVIGATION: Readonly<Record<string, Action>> = {
  arrowup: (viewer) => { viewer.step(-1); },
  arrowleft: (viewer) => { viewer.step(-1); },
  arrowdown: (viewer) => { viewer.step(1); },
  arrowright: (viewer) => { viewer.step(1); },
  pageup: (viewer) => { viewer.step(-PAGE); },
  pagedown: (viewer) => { viewer.step(PAGE); },
  home: (viewer) => { viewer.goTo(viewer.state.plane, 0); },
  end: (viewer) => { viewer.goTo(viewer.state.plane, Infinity); },
};

const LETTERS: Readonly<Record<string, Action>> = {
  a: (viewer) => { viewer.showPlane("axial"); },
  c: (viewer) => { viewer.showPlane("coronal"); },
  s: (viewer) => { viewer.showPlane("sagittal"); },
  f: (viewer) => { viewer.fit(); },
  i: (viewer) => { viewer.update({ inverted: !viewer.state.inverted }); },
  o: (viewer) => { viewer.showOverlays(!viewer.state.overlaysShown); },
  r: (viewer) => { viewer.reset(); },
  x: (viewer) => { viewer.update({ crosshair: !viewer.state.crosshair }); },
  w: (viewer) => { viewer.update({ tool: "window" }); },
  d: (viewer) => { viewer.update({ tool: "scroll" }); },
  p: (viewer) => { viewer.update({ tool: "pan" }); },
  z: (viewer) => { viewer.update({ tool: "zoom" }); },
  "+": (viewer) => { viewer.zoomBy(1.25); },
  "=": (viewer) => { viewer.zoomBy(1.25); },
  "-": (viewer) => { viewer.zoomBy(1 / 1.25); },
  "[": (viewer) => { viewer.showTimepoint(viewer.state.timepoint - 1); },
  "]": (viewer) => { viewer.showTimepoint(viewer.state.timepoint + 1); },
};

/** Where keys belong to the element that has the focus: `all` of them, only those that move it, or none. */
export function keysTakenBy(target: EventTarget | null, root: HTMLElement): "all" | "navigation" | "none" {
  if (!(target instanceof HTMLElement)) return "none";
  if (target.closest("dialog[open]")) return "all";
  const ownSlider = target instanceof HTMLInputElement && target.type === "range" && root.contains(target);
  const ownCheckbox = target instanceof HTMLInputElement && target.type === "checkbox" && root.contains(target);
  if (ownSlider) return "navigation";
  if (ownCheckbox) return "none";
  return target.isContentEditable || target.matches("input, textarea, select") ? "all" : "none";
}

export function listenToKeys({ viewer, root, onHelp }: KeyboardOptions): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const taken = keysTakenBy(event.target, root);
    if (taken === "all") return;
    const key = event.key.toLowerCase();
    const action = LETTERS[key] ?? presetKey(key) ?? (taken === "none" ? NAVIGATION[key] : undefined);
    if (key === "?") onHelp();
    else if (action) action(viewer);
    else return;
    event.preventDefault();
  });
}

function presetKey(key: string): Action | undefined {
  if (!/^[1-9]$/.test(key)) return undefined;
  return (viewer) => {
    const preset = viewer.image && presetsFor(viewer.image.meta)[Number(key) - 1];
    if (preset) viewer.applyPreset(preset.id);
  };
}
