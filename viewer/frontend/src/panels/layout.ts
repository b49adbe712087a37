/** Puts the panels together inside the page's `#viewer`. */

import type { FirstPaint } from "../first/boot";
import { LayoutMemory } from "../state/memory";
import type { Workspace } from "../state/workspace";
import type { Keeping } from "../state/keeping";
import { COMMANDS, GROUPS } from "./commands";
import { conflictDialog } from "./conflict-dialog";
import { whenDescribed } from "./described";
import type { Desk, PanelName } from "./desk";
import { element } from "./element";
import { hangingPanel } from "./hanging-panel";
import { type HelpSection, helpDialog } from "./help";
import { imageList } from "./image-list";
import { informationPanel } from "./information";
import { listenToKeys } from "./keyboard";
import { liveRegion } from "./live";
import { MarkKeys } from "./mark-keys";
import { markPanel } from "./mark-list";
import { MaskKeys } from "./mask-keys";
import { maskPanel } from "./mask-panel";
import { connectionSign, messagePanel, noticePanel } from "./message";
import { overlayPanel } from "./overlay-panel";
import { PaneGrid } from "./pane-grid";
import { paneMenu } from "./pane-menu";
import { saveSign } from "./save-sign";
import { type PanelContent, sidePanel } from "./side-panel";
import { toolbar } from "./toolbar";
import { transport } from "./transport";

export interface LayoutOptions {
  readonly workspace: Workspace;
  readonly root: HTMLElement;
  readonly title: string;
  readonly backUrl: string;
  readonly first: FirstPaint;
  /** Null where nothing is kept. */
  readonly keeping: Keeping | null;
}

/** Pixels of the page below which a panel would hide the picture and waits for its button. */
const NARROW = 900;

export function buildLayout({ workspace, root, title, backUrl, first, keeping }: LayoutOptions): Desk {
  const desk: Desk = {
    workspace,
    memory: LayoutMemory.of(workspace),
    root,
    refocus: () => { grid.activeStage?.focus({ preventScroll: true }); },
    openHelp: () => { if (help.open) help.close(); else openModal(help, desk); },
    openMenu: (name) => {
      bar.menus[name].button.scrollIntoView({ block: "nearest", inline: "nearest" });
      bar.menus[name].open();
    },
    openPaneMenu: (at) => { menu.openAt(...(at ?? middleOf(grid.activeStage ?? root))); },
    togglePanel: (name) => { side.show(side.shown === name ? null : name); },
    toggleImages: () => { bar.setShown("images", images.toggle()); },
    toggleFullScreen: () => { void toggleFullScreen(root.parentElement ?? root); },
    openConflicts: () => { conflicts?.open(); },
    takeMarkKey: (key, pane) => maskKeys.take(key, pane) || markKeys.take(key, pane),
  };
  const bar = toolbar(desk, { title, backUrl, saving: keeping && saveSign(keeping.autosave) });
  const help = helpDialog(helpSections());
  const menu = paneMenu(desk);
  const images = imageList(workspace, desk.refocus);
  const conflicts = keeping && conflictDialog(desk, keeping);
  const side = buildSidePanel(desk, keeping, (shown) => {
    bar.setShown("annotations", shown === "annotations");
    bar.setShown("overlays", shown === "overlays");
    bar.setShown("information", shown === "information");
    bar.setShown("masks", shown === "masks");
  });
  const main = element("div", { class: "hv-main" });
  const grid = new PaneGrid(desk);
  const markKeys = new MarkKeys(desk, (pane) => grid.marksOf(pane));
  const maskKeys = new MaskKeys(workspace, (pane) => grid.over(pane));
  main.append(grid.root, connectionSign(workspace), messagePanel(workspace), noticePanel(workspace));
  root.classList.add("hv");
  if (!root.closest("main")) root.setAttribute("role", "main");
  root.replaceChildren(
    bar.root,
    element("div", { class: "hv-body" }, images.root, main, side.root),
    transport(desk),
    ...bar.popovers,
    menu.root,
    liveRegion(workspace),
    help,
    ...(conflicts ? [conflicts.root] : []),
  );
  whenDescribed(workspace, () => {
    bar.setShown("images", !images.root.hidden);
    if (root.clientWidth >= NARROW && workspace.active.overlays.fitting.some(({ local }) => !local)) side.show("overlays");
  });
  document.addEventListener("fullscreenchange", () => { bar.setShown("full screen", document.fullscreenElement !== null); });
  listenToKeys(desk);
  if (grid.activeStage) first.mount(grid.activeStage);
  handOverOnce(workspace, first);
  return desk;
}

/** What had the focus has it again afterwards: a page without any would leave it in the closed dialog for a moment. */
function openModal(dialog: HTMLDialogElement, desk: Desk): void {
  if (document.activeElement === document.body) desk.refocus();
  dialog.showModal();
}

/** The first picture stays until one of the application's own is on the screen in its place. */
function handOverOnce(workspace: Workspace, first: FirstPaint): void {
  const stop = workspace.on("drawn", (id) => {
    if (workspace.pane(id).drawn.level === null) return;
    stop();
    first.handOver();
  });
}

function buildSidePanel(desk: Desk, keeping: Keeping | null, changed: (shown: PanelName | null) => void): ReturnType<typeof sidePanel> {
  const hanging = hangingPanel(desk.workspace);
  const contents: PanelContent[] = [
    { name: "annotations", title: "Annotations", root: markPanel(desk, keeping) },
    { name: "overlays", title: "Overlays", root: overlayPanel(desk.workspace) },
    { name: "information", title: "Information", root: informationPanel(desk.workspace) },
    { name: "masks", title: "Masks", root: maskPanel(desk, keeping) },
    ...(hanging ? [{ name: "hanging", title: "Hanging protocol", root: hanging } as const] : []),
  ];
  return sidePanel(contents, changed, () => { desk.refocus(); });
}

function middleOf(target: HTMLElement): readonly [number, number] {
  const box = target.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

/** Refused by some browsers in frames and on phones: the viewer stays as it is then. */
async function toggleFullScreen(target: HTMLElement): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await target.requestFullscreen();
  } catch {
    return;
  }
}

/** Keys come from the commands; what mouse and fingers do is said here. */
function helpSections(): readonly HelpSection[] {
  const keys = GROUPS.map((title) => ({
    title,
    rows: COMMANDS.filter((command) => command.group === title && command.shown).map(({ shown, meaning }) => ({ keys: shown, meaning })),
  }));
  return [...keys, MOUSE, TOUCH];
}

const MOUSE: HelpSection = {
  title: "Mouse",
  rows: [
    { keys: "Wheel", meaning: "Scroll through slices" },
    { keys: "Ctrl + wheel", meaning: "Zoom where the mouse is" },
    { keys: "Shift + wheel", meaning: "Time points" },
    { keys: "Left drag", meaning: "The chosen tool" },
    { keys: "Middle drag, Shift + drag", meaning: "Move the picture" },
    { keys: "Right drag, Ctrl + drag", meaning: "Zoom" },
    { keys: "Right click", meaning: "Menu of the pane" },
    { keys: "Left drag or clicks, with a tool of “Draw”", meaning: "Draw; click the last place again to end an outline" },
    { keys: "Drag a mark or its handles", meaning: "Move it, with any tool" },
    { keys: "Double click", meaning: "This pane alone, and all again" },
    { keys: "Shift + arrows", meaning: "The chosen tool, without a mouse" },
  ],
};

const TOUCH: HelpSection = {
  title: "Touch and pen",
  rows: [
    { keys: "One finger", meaning: "The chosen tool, at first scrolling" },
    { keys: "Taps or one finger, with a tool of “Draw”", meaning: "Draw; tap the last place again to end an outline" },
    { keys: "Two fingers", meaning: "Zoom and move" },
    { keys: "Long press", meaning: "Menu of the pane" },
    { keys: "Double tap", meaning: "This pane alone, and all again" },
  ],
};
