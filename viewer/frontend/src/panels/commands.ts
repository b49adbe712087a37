/** Every key of the viewer: what it is called, where it belongs in the help, and what it does. */

import { MASK_COMMANDS } from "./mask-keys";
import type { Pane, SlabMode, Tool, Workspace } from "../state/workspace";
import type { Desk } from "./desk";
import { jumpTo } from "../state/jump";
import { DRAWING_WORDS } from "./mark-words";
import { nextMovable } from "./move-handle";
import { FASTEST, LINKS, ORIENTATIONS, SLAB_MODES, TOOLS } from "./words";

export const GROUPS = [
  "Slices", "Planes", "Window and colors", "Zoom and position", "Tools", "Draw and measure", "Masks", "Time and cine", "Panes", "Overlays and panels", "Help",
] as const;
export type Group = (typeof GROUPS)[number];

export interface Command {
  readonly group: Group;
  /** As `keyOf` writes them. */
  readonly keys: readonly string[];
  /** As people write them. */
  readonly shown: string;
  readonly meaning: string;
  readonly run: (pane: Pane, desk: Desk) => void;
  /** A key that moves a slider or the cursor of a menu, where one of these has the focus. */
  readonly moves?: true;
  /** A key that presses a button, where one has the focus. */
  readonly presses?: true;
}

const PAGE = 10;
const ZOOM_STEP = 1.25;
/** Pixels of a drag that Shift and an arrow stand for. */
const NUDGE = 8;
const TILT_STEP = 2;
const THICKNESS_STEP = 1;
const FPS_STEP = 2;

function orientationCommands(): Command[] {
  return ORIENTATIONS.map(({ id, label, key }) => ({
    group: "Planes",
    keys: [key.toLowerCase()],
    shown: key,
    meaning: label,
    run: (pane) => { showOrientation(pane, id); },
  }));
}

/** The same plane as now is the start of an oblique one. */
export function showOrientation(pane: Pane, id: (typeof ORIENTATIONS)[number]["id"]): void {
  if (id === "oblique") pane.showPlane(pane.state.facing);
  else pane.showOrientation(id);
}

function toolCommands(): Command[] {
  return TOOLS.map(({ id, label, key }) => ({
    group: "Tools",
    keys: [key.toLowerCase()],
    shown: key,
    meaning: label,
    run: (_pane, { workspace }) => { workspace.setTool("left", id); },
  }));
}

/** Shift and an arrow do what the left button would do by a short drag that way. */
function nudge(key: string, dx: number, dy: number): Command {
  return {
    group: "Tools",
    keys: [`shift+${key}`],
    shown: "",
    meaning: "",
    run: (pane, { workspace }) => { applyTool(workspace.state.tools.left, pane, dx * NUDGE, dy * NUDGE); },
    moves: true,
  };
}

const ZOOM_PER_PIXEL = 1.006;

/** What a tool does when it is moved by so many pixels. Scrolling counts slices itself (`pointer.ts`). */
export function applyTool(tool: Tool, pane: Pane, dx: number, dy: number): void {
  switch (tool) {
    case "window":
      pane.dragWindow(dx, dy);
      break;
    case "pan":
      pane.panBy(dx, dy);
      break;
    case "zoom":
      pane.zoomBy(ZOOM_PER_PIXEL ** -dy);
      break;
    case "scroll":
      pane.step(Math.sign(dy || dx));
      break;
    case "crosshairs": {
      const [x, y] = pane.project(pane.state.focus);
      pane.focusAt(x + dx, y + dy);
      break;
    }
    case "rotate":
      pane.tilt((Math.sign(dx) * TILT_STEP), (Math.sign(dy) * TILT_STEP));
      break;
  }
}

function drawCommands(): Command[] {
  return DRAWING_WORDS.map(({ id, name, how, key }) => ({
    group: "Draw and measure",
    keys: [key.toLowerCase().replace(" ", "+")],
    shown: key,
    meaning: `${name}: ${how}`,
    run: (_pane, { workspace }) => { workspace.setTool("left", id); },
  }));
}

function nextMark(by: 1 | -1): Command["run"] {
  return (_pane, { workspace }) => {
    const next = workspace.annotations.selectNext(by);
    if (next) jumpTo(workspace, next.id);
  };
}

const MARKS: readonly Command[] = [
  { group: "Draw and measure", keys: ["shift+j"], shown: "Shift J", meaning: "Menu of tools that draw", run: (_pane, desk) => { desk.openMenu("draw"); } },
  ...drawCommands(),
  { group: "Draw and measure", keys: ["ctrl+z"], shown: "Ctrl Z", meaning: "Undo", run: (_pane, { workspace }) => { workspace.undo(); } },
  { group: "Draw and measure", keys: ["ctrl+y", "ctrl+shift+z"], shown: "Ctrl Y", meaning: "Redo", run: (_pane, { workspace }) => { workspace.redo(); } },
  { group: "Draw and measure", keys: ["'"], shown: "'", meaning: "Go to the next annotation", run: nextMark(1) },
  { group: "Draw and measure", keys: [";"], shown: ";", meaning: "Go to the annotation before", run: nextMark(-1) },
  { group: "Draw and measure", keys: ["delete", "backspace"], shown: "Delete", meaning: "Delete the chosen annotation; while drawing, its last place", run: (_pane, { workspace }) => {
    const { selected } = workspace.annotations;
    if (!workspace.drawing.back() && selected) workspace.annotations.remove(selected.id);
  } },
  { group: "Draw and measure", keys: ["shift+k"], shown: "Shift K", meaning: "List of annotations", run: (_pane, desk) => { desk.togglePanel("annotations"); } },
];

const SLICES: readonly Command[] = [
  { group: "Slices", keys: ["arrowup", "arrowleft"], shown: "↑ ←", meaning: "Previous slice", run: (pane) => { pane.step(-1); }, moves: true },
  { group: "Slices", keys: ["arrowdown", "arrowright"], shown: "↓ →", meaning: "Next slice", run: (pane) => { pane.step(1); }, moves: true },
  { group: "Slices", keys: ["pageup"], shown: "Page Up", meaning: "Ten slices back", run: (pane) => { pane.step(-PAGE); }, moves: true },
  { group: "Slices", keys: ["pagedown"], shown: "Page Down", meaning: "Ten slices on", run: (pane) => { pane.step(PAGE); }, moves: true },
  { group: "Slices", keys: ["home"], shown: "Home", meaning: "First slice", run: (pane) => { pane.goTo(0); }, moves: true },
  { group: "Slices", keys: ["end"], shown: "End", meaning: "Last slice", run: (pane) => { pane.goTo(pane.count - 1); }, moves: true },
];

const PLANES: readonly Command[] = [
  ...orientationCommands(),
  { group: "Planes", keys: ["m"], shown: "M", meaning: "Three planes beside each other (MPR)", run: (_pane, { workspace }) => { workspace.showMpr(); } },
  { group: "Planes", keys: ["shift+x"], shown: "Shift X", meaning: "Lines of the other planes on or off", run: (_pane, { workspace }) => { workspace.setCrosshairs(!workspace.state.crosshairs); } },
  { group: "Planes", keys: ["t"], shown: "T", meaning: "Slab: MIP, MinIP, average, none", run: nextSlab },
  { group: "Planes", keys: ["{"], shown: "{", meaning: "Thinner slab", run: (pane) => { thicken(pane, -THICKNESS_STEP); } },
  { group: "Planes", keys: ["}"], shown: "}", meaning: "Thicker slab", run: (pane) => { thicken(pane, THICKNESS_STEP); } },
  { group: "Planes", keys: ["shift+t"], shown: "Shift T", meaning: "Menu of slabs", run: (_pane, desk) => { desk.openMenu("slab"); } },
];

function nextSlab(pane: Pane): void {
  const modes = SLAB_MODES.map(({ id }) => id);
  const next = modes[(modes.indexOf(pane.state.slab.mode) + 1) % modes.length] as SlabMode;
  pane.setSlab({ mode: next });
}

function thicken(pane: Pane, by: number): void {
  pane.setSlab({ thickness: Math.max(1, pane.state.slab.thickness + by) });
}

const LOOK: readonly Command[] = [
  { group: "Window and colors", keys: ["v"], shown: "V", meaning: "Menu of windows", run: (_pane, desk) => { desk.openMenu("window"); } },
  ...Array.from({ length: 9 }, (_, index): Command => ({
    group: "Window and colors",
    keys: [String(index + 1)],
    shown: index === 0 ? "1 … 9" : "",
    meaning: index === 0 ? "Windows in the order of the menu" : "",
    run: (pane) => { applyPresetNumber(pane, index); },
  })),
  { group: "Window and colors", keys: ["i"], shown: "I", meaning: "Invert black and white", run: (pane) => { pane.setInverted(!pane.state.inverted); } },
  { group: "Window and colors", keys: ["k"], shown: "K", meaning: "Menu of color maps", run: (_pane, desk) => { desk.openMenu("colors"); } },
  {
    group: "Window and colors",
    keys: ["n"],
    shown: "N",
    meaning: "Smooth, or pixels as they are",
    run: (pane) => { pane.setInterpolation(pane.state.interpolation === "linear" ? "nearest" : "linear"); },
  },
];

function applyPresetNumber(pane: Pane, index: number): void {
  const preset = pane.presets[index];
  if (preset) pane.applyPreset(preset.id);
}

const POSITION: readonly Command[] = [
  { group: "Zoom and position", keys: ["+", "="], shown: "+", meaning: "Zoom in", run: (pane) => { pane.zoomBy(ZOOM_STEP); } },
  { group: "Zoom and position", keys: ["-"], shown: "−", meaning: "Zoom out", run: (pane) => { pane.zoomBy(1 / ZOOM_STEP); } },
  { group: "Zoom and position", keys: ["f"], shown: "F", meaning: "Fit to the pane", run: (pane) => { pane.fit(); } },
  { group: "Zoom and position", keys: ["0"], shown: "0", meaning: "One image pixel per screen pixel (1:1)", run: (pane) => { pane.oneToOne(); } },
  { group: "Zoom and position", keys: ["e"], shown: "E", meaning: "Turn 90° to the right", run: (pane) => { pane.rotateBy(90); } },
  { group: "Zoom and position", keys: ["shift+e"], shown: "Shift E", meaning: "Turn 90° to the left", run: (pane) => { pane.rotateBy(-90); } },
  { group: "Zoom and position", keys: ["h"], shown: "H", meaning: "Mirror left and right", run: (pane) => { pane.flip("horizontal"); } },
  { group: "Zoom and position", keys: ["j"], shown: "J", meaning: "Mirror top and bottom", run: (pane) => { pane.flip("vertical"); } },
  { group: "Zoom and position", keys: ["r"], shown: "R", meaning: "Reset the pane", run: (pane) => { pane.reset(); } },
];

const TIME: readonly Command[] = [
  { group: "Time and cine", keys: ["["], shown: "[", meaning: "Previous time point", run: (pane) => { pane.showTimepoint(pane.state.timepoint - 1); } },
  { group: "Time and cine", keys: ["]"], shown: "]", meaning: "Next time point", run: (pane) => { pane.showTimepoint(pane.state.timepoint + 1); } },
  { group: "Time and cine", keys: [" "], shown: "Space", meaning: "Play or stop", run: togglePlay, presses: true },
  { group: "Time and cine", keys: ["<"], shown: "<", meaning: "Play slower", run: (pane) => { playFaster(pane, -FPS_STEP); } },
  { group: "Time and cine", keys: [">"], shown: ">", meaning: "Play faster", run: (pane) => { playFaster(pane, FPS_STEP); } },
];

export function togglePlay(pane: Pane): void {
  if (pane.state.cine.playing) pane.pause();
  else pane.play();
}

function playFaster(pane: Pane, by: number): void {
  pane.play(Math.min(FASTEST, Math.max(1, pane.state.cine.fps + by)));
}

const PANES: readonly Command[] = [
  { group: "Panes", keys: ["l"], shown: "L", meaning: "Layout of panes", run: (_pane, desk) => { desk.openMenu("layout"); } },
  { group: "Panes", keys: ["shift+l"], shown: "Shift L", meaning: "Swap the pane with the next one", run: swapWithNext },
  { group: "Panes", keys: ["."], shown: ".", meaning: "Next pane", run: (_pane, desk) => { nextPane(desk, 1); } },
  { group: "Panes", keys: [","], shown: ",", meaning: "Previous pane", run: (_pane, desk) => { nextPane(desk, -1); } },
  { group: "Panes", keys: ["enter"], shown: "Enter", meaning: "This pane alone, and all again", run: (pane, { workspace }) => { toggleMaximized(workspace, pane); }, presses: true },
  { group: "Panes", keys: ["y"], shown: "Y", meaning: "Link the scrolling of panes, or not", run: (_pane, { workspace }) => { workspace.setLink("scroll", !workspace.state.links.scroll); } },
  { group: "Panes", keys: ["shift+y"], shown: "Shift Y", meaning: `Menu of links (${LINKS.map(({ name }) => name.toLowerCase()).join(", ")})`, run: (_pane, desk) => { desk.openMenu("links"); } },
  { group: "Panes", keys: ["g"], shown: "G", meaning: "List of images", run: (_pane, desk) => { desk.toggleImages(); } },
  { group: "Panes", keys: ["contextmenu", "shift+f10"], shown: "Menu, Shift F10", meaning: "Menu of the pane", run: (_pane, desk) => { desk.openPaneMenu(); } },
];

export function toggleMaximized(workspace: Workspace, pane: Pane): void {
  if (workspace.state.maximized === null && (workspace.panes.length < 2 || pane.place?.fullsizable === false)) return;
  workspace.maximize(workspace.state.maximized === null ? pane.id : null);
}

/** The pane goes on being the active one, in its new place. */
export function swapWithNext(pane: Pane, desk: Desk): void {
  const other = nextMovable(desk);
  if (other !== undefined) desk.workspace.swap(pane.id, other);
  desk.refocus();
}

function nextPane({ workspace, refocus }: Desk, by: number): void {
  const { active } = workspace.state;
  const panes = workspace.state.panes.filter(({ id }) => id === active || workspace.pane(id).place?.selectable !== false);
  const place = panes.findIndex(({ id }) => id === active);
  const next = panes[(place + by + panes.length) % panes.length];
  if (!next) return;
  workspace.activate(next.id);
  refocus();
}

const REST: readonly Command[] = [
  { group: "Overlays and panels", keys: ["o"], shown: "O", meaning: "Overlays on or off", run: (pane) => { pane.showOverlays(!pane.state.overlaysShown); } },
  { group: "Overlays and panels", keys: ["shift+o"], shown: "Shift O", meaning: "Panel of overlays", run: (_pane, desk) => { desk.togglePanel("overlays"); } },
  { group: "Overlays and panels", keys: ["shift+i"], shown: "Shift I", meaning: "Panel of information", run: (_pane, desk) => { desk.togglePanel("information"); } },
  { group: "Overlays and panels", keys: ["shift+f"], shown: "Shift F", meaning: "Full screen", run: (_pane, desk) => { desk.toggleFullScreen(); } },
  { group: "Help", keys: ["?"], shown: "?", meaning: "This help", run: (_pane, desk) => { desk.openHelp(); } },
  { group: "Help", keys: ["escape"], shown: "Esc", meaning: "Close a menu; back to all panes", run: (_pane, { workspace, refocus }) => {
    workspace.maximize(null);
    refocus();
  } },
];

const NUDGES: readonly Command[] = [
  nudge("arrowup", 0, -1),
  nudge("arrowdown", 0, 1),
  nudge("arrowleft", -1, 0),
  nudge("arrowright", 1, 0),
];

export const COMMANDS: readonly Command[] = [
  ...SLICES, ...PLANES, ...LOOK, ...POSITION, ...toolCommands(), ...MARKS, ...MASK_COMMANDS, ...NUDGES, ...TIME, ...PANES, ...REST,
];

/** `shift+` stands before keys that keep their name with Shift; `?` and the like say it themselves. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "shiftKey">): string {
  const key = event.key.toLowerCase();
  const named = key.length > 1 || /^\p{L}$/u.test(key);
  return event.shiftKey && named ? `shift+${key}` : key;
}

const BY_KEY = new Map(COMMANDS.flatMap((command) => command.keys.map((key) => [key, command] as const)));

export function commandFor(key: string): Command | undefined {
  return BY_KEY.get(key);
}
