/** The menu of tools that draw, and the buttons to take back and do again. */

import { COLORS } from "../state/annotations";
import type { WorkspaceState } from "../state/workspace";
import type { Desk } from "./desk";
import { button, element, icon } from "./element";
import * as icons from "./icons";
import { DRAWING, DRAWING_WORDS } from "./mark-words";
import { type Menu, choices, menu } from "./popover";

export function drawMenu(desk: Desk): Menu {
  return menu({
    label: "Draw and measure",
    key: "Shift J",
    icon: icons.draw,
    text: "",
    refocus: () => { desk.refocus(); },
    content: (own) => content(desk, own),
  });
}

/** The button says which tool draws now. */
export function showTool(own: Menu, { tools }: WorkspaceState): void {
  const words = DRAWING_WORDS.find(({ id }) => id === tools.left);
  own.setText(words?.name ?? "Draw");
  own.button.classList.toggle("hv-in-use", words !== undefined);
}

function content({ workspace }: Desk, own: Menu): Node[] {
  const groups = DRAWING.map(({ title, tools }) =>
    choices<string>({
      legend: title,
      list: tools.map(({ id, name, key, icon: picture }) => ({ value: id, name, detail: key, picture: pictureOf(picture) })),
      current: workspace.state.tools.left,
      choose: (id) => {
        const words = tools.find((tool) => tool.id === id);
        if (words) workspace.setTool("left", words.id);
      },
      done: () => { own.close(true); },
    }),
  );
  const colors = colorChoice(workspace.annotations.color, "Color of new marks", (color) => { workspace.annotations.color = color; });
  return [...groups, element("div", { class: "hv-menu-part" }, colors)];
}

function pictureOf(svg: string): HTMLElement {
  return icon(svg) as HTMLElement;
}

const COLOR_NAMES: Readonly<Record<string, string>> = {
  "#ffd24a": "Yellow",
  "#4fd1ff": "Blue",
  "#ff8a5c": "Orange",
  "#8ee06b": "Green",
  "#ff7ac8": "Pink",
  "#c3a6ff": "Violet",
  "#ffffff": "White",
};

let colorGroups = 0;

/** Radio buttons that look like dots of color. */
export function colorChoice(current: string, legend: string, choose: (color: string) => void): HTMLElement {
  colorGroups += 1;
  const dots = COLORS.map((color) => {
    const input = element("input", { type: "radio", name: `hv-color-${colorGroups}`, value: color, "aria-label": COLOR_NAMES[color] ?? color });
    input.checked = color === current;
    input.addEventListener("change", () => { choose(color); });
    const dot = element("label", { class: "hv-color-dot", title: COLOR_NAMES[color] ?? color }, input);
    dot.style.setProperty("--hv-dot", color);
    return dot;
  });
  return element("fieldset", { class: "hv-color-choice" }, element("legend", {}, legend), ...dots);
}

export function historyButtons({ workspace }: Desk): readonly [HTMLButtonElement, HTMLButtonElement] {
  const undo = button({ label: "Undo", key: "Ctrl Z", icon: icons.undo, onClick: () => { workspace.undo(); } });
  const redo = button({ label: "Redo", key: "Ctrl Y", icon: icons.redo, onClick: () => { workspace.redo(); } });
  const show = (): void => {
    undo.disabled = workspace.history.last === undefined && workspace.drawing.draft === null;
    redo.disabled = workspace.history.next === undefined;
  };
  workspace.history.on("change", show);
  workspace.drawing.on("kept", show);
  show();
  return [undo, redo];
}
