/** The menu of a pane: what a long press, the right button or the menu key opens. */

import type { Pane } from "../state/workspace";
import { swapWithNext, toggleMaximized, togglePlay } from "./commands";
import type { Desk, MenuName } from "./desk";
import { button, element } from "./element";
import { nextMovable } from "./move-handle";
import { choices, placeBelow } from "./popover";
import { TOOLS } from "./words";

export interface PaneMenu {
  readonly root: HTMLElement;
  openAt(x: number, y: number): void;
}

/**
 * Closed by us and not by the browser: that would close it when the finger which opened it is lifted.
 */
export function paneMenu(desk: Desk): PaneMenu {
  const root = element("div", { class: "hv-popover", popover: "manual", role: "dialog", "aria-label": "Pane" });
  const open = (): boolean => root.matches(":popover-open");
  const close = (): void => {
    root.hidePopover();
    desk.refocus();
  };
  document.addEventListener("pointerdown", (event) => {
    if (open() && !root.contains(event.target as Node)) root.hidePopover();
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open()) return;
    event.preventDefault();
    close();
  }, { capture: true });
  return {
    root,
    openAt: (x, y) => {
      root.replaceChildren(...contentOf(desk, close));
      if (!open()) root.showPopover();
      placeBelow(root, new DOMRect(x, y, 0, 0));
      root.querySelector<HTMLElement>("input:checked, button")?.focus();
    },
  };
}

function contentOf(desk: Desk, close: () => void): Node[] {
  const { workspace } = desk;
  const pane = workspace.active;
  const tools = choices({
    legend: "Dragging does",
    list: TOOLS.map(({ id, name, key }) => ({ value: id, name, detail: key })),
    current: workspace.state.tools.left,
    choose: (tool) => { workspace.setTool("left", tool); },
    done: close,
  });
  const verbs = lines(desk, pane).map(([text, key, action]) =>
    button({
      label: text,
      text,
      key,
      onClick: () => {
        close();
        action();
      },
    }),
  );
  return [tools, element("div", { class: "hv-menu-part hv-context" }, ...verbs)];
}

type Verb = readonly [text: string, key: string, action: () => void];

function lines(desk: Desk, pane: Pane): Verb[] {
  const { workspace } = desk;
  const open = (name: MenuName) => (): void => { desk.openMenu(name); };
  const verbs: Verb[] = [
    ["Window …", "V", open("window")],
    ["Colors …", "K", open("colors")],
    [pane.state.inverted ? "Not inverted" : "Invert", "I", () => { pane.setInverted(!pane.state.inverted); }],
    ["Fit to the pane", "F", () => { pane.fit(); }],
    ["Reset the pane", "R", () => { pane.reset(); }],
  ];
  if (pane.count > 1) verbs.push([pane.state.cine.playing ? "Stop" : "Play", "Space", () => { togglePlay(pane); }]);
  if (workspace.panes.length > 1) {
    if (nextMovable(desk) !== undefined) verbs.push(["Swap with the next pane", "Shift L", () => { swapWithNext(pane, desk); }]);
    verbs.push([workspace.state.maximized === null ? "This pane alone" : "All panes", "Enter", () => { toggleMaximized(workspace, pane); }]);
  }
  return verbs;
}
