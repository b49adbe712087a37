/** The panel of masks: tools, what they are set to, and the masks with their segments. */

import { isMaskTool } from "../core/masks/tools";
import type { Keeping } from "../state/keeping";
import type { Workspace } from "../state/workspace";
import type { Desk } from "./desk";
import { button, element, group, setPressed } from "./element";
import * as icons from "./mask-icons";
import { maskList } from "./mask-list";
import { maskSettings } from "./mask-settings";
import { MASK_TOOL_WORDS } from "./mask-words";
import { rangeField, setRange } from "./popover";

export function maskPanel(desk: Desk, keeping: Keeping | null): HTMLElement {
  const { workspace } = desk;
  const root = element("div", { class: "hv-mask-panel" }, toolButtons(desk), busyLine(workspace), maskSettings(workspace), maskList(workspace, keeping?.maskApi ?? null), opacity(workspace));
  return root;
}

function toolButtons(desk: Desk): HTMLElement {
  const { workspace } = desk;
  const tools = MASK_TOOL_WORDS.map(({ id, name, how, icon }) => {
    const made = button({
      label: `${name}: ${how}`,
      icon,
      onClick: () => {
        // Pressed again it goes out of the hand.
        workspace.setTool("left", workspace.state.tools.left === id ? "window" : id);
      },
    });
    workspace.on("change", ({ tools: held }) => { setPressed(made, held.left === id); });
    setPressed(made, workspace.state.tools.left === id);
    return made;
  });
  const box = group("Tools of segmentation", ...tools);
  box.classList.add("hv-mask-tools");
  const interpolate = button({
    label: "Fill the slices between drawn ones",
    text: "Fill between slices",
    icon: icons.interpolate,
    onClick: () => { void workspace.maskHand.interpolate(workspace.active); },
  });
  return element("div", { class: "hv-mask-head" }, box, element("div", { class: "hv-mask-actions" }, interpolate, ...historyButtons(workspace)));
}

function historyButtons(workspace: Workspace): HTMLButtonElement[] {
  const { history } = workspace;
  const undo = button({ label: "Undo", icon: icons.undo, onClick: () => { workspace.undo(); } });
  const redo = button({ label: "Redo", icon: icons.redo, onClick: () => { workspace.redo(); } });
  const follow = (): void => {
    undo.disabled = history.last === undefined;
    redo.disabled = history.next === undefined;
    undo.title = history.last ? `Undo: ${history.last.name}` : "Undo";
    redo.title = history.next ? `Redo: ${history.next.name}` : "Redo";
  };
  history.on("change", follow);
  follow();
  return [undo, redo];
}

/** What takes its time, with a way to stop it. */
function busyLine(workspace: Workspace): HTMLElement {
  const words = element("span", {});
  const stop = button({ label: "Stop", text: "Stop", onClick: () => { workspace.maskHand.cancel(); } });
  const line = element("div", { class: "hv-mask-busy", role: "status", hidden: "" }, words, stop);
  workspace.masks.on("busy", (text) => {
    line.hidden = text === null;
    words.textContent = text ?? "";
  });
  return line;
}

function opacity(workspace: Workspace): HTMLElement {
  const field = rangeField({
    label: "Opacity",
    min: 0,
    max: 1,
    step: 0.05,
    value: workspace.active.state.overlayOpacity,
    say: percent,
    change: (share) => { workspace.active.setOverlayOpacity(share); },
  });
  workspace.on("change", () => { setRange(field, workspace.active.state.overlayOpacity, percent); });
  return field;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Whether the tool on the left button paints. */
export function holdsMaskTool({ state }: Workspace): boolean {
  return isMaskTool(state.tools.left);
}
