/** The layout drawn as a grid: point at its last pane. */

import type { Layout } from "../state/workspace";
import { element } from "./element";

const SIDES = [1, 2, 3] as const;

export function layoutPicker(current: Layout, choose: (layout: Layout) => void): HTMLElement {
  const name = element("p", { class: "hv-menu-title", "aria-hidden": "true" });
  const cells = SIDES.flatMap((rows) => SIDES.map((columns) => ({ layout: { rows, columns }, button: cell({ rows, columns }) })));
  const mark = (covered: Layout): void => {
    name.textContent = titleOf(covered);
    for (const { layout, button } of cells) {
      button.classList.toggle("hv-covered", layout.rows <= covered.rows && layout.columns <= covered.columns);
    }
  };
  for (const { layout, button } of cells) {
    const chosen = layout.rows === current.rows && layout.columns === current.columns;
    button.setAttribute("aria-pressed", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    // Also where the menu begins with hanging protocols: its key and the arrows choose a grid.
    button.autofocus = chosen;
    button.addEventListener("pointerenter", () => { mark(layout); });
    button.addEventListener("focus", () => { mark(layout); });
    button.addEventListener("click", () => { choose(layout); });
  }
  const grid = element("div", { class: "hv-layout-grid", role: "group", "aria-label": "Rows and columns" }, ...cells.map(({ button }) => button));
  grid.addEventListener("pointerleave", () => { mark(current); });
  grid.addEventListener("keydown", (event) => {
    const next = neighbor(event.key, cells.findIndex(({ button }) => button === document.activeElement));
    if (next === undefined) return;
    event.preventDefault();
    cells[next]?.button.focus();
  });
  mark(current);
  return element("div", { class: "hv-menu-part" }, name, grid);
}

function cell(layout: Layout): HTMLButtonElement {
  return element("button", { type: "button", class: "hv-layout-cell", "aria-label": titleOf(layout) });
}

function titleOf({ rows, columns }: Layout): string {
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? "" : "s"}`;
  return `${count(rows, "row")}, ${count(columns, "column")}`;
}

const MOVES: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Number of the cell that an arrow leads to; undefined at the edge and for other keys. */
function neighbor(key: string, place: number): number | undefined {
  const move = MOVES[key];
  if (!move || place < 0) return undefined;
  const row = Math.floor(place / SIDES.length) + move[0];
  const column = (place % SIDES.length) + move[1];
  const inside = row >= 0 && column >= 0 && row < SIDES.length && column < SIDES.length;
  return inside ? row * SIDES.length + column : undefined;
}
