/** A handle over a pane by which the reader moves it to the place of another one. */

import type { Pane, PaneId } from "../state/workspace";
import type { Desk } from "./desk";
import { element, icon, setHidden } from "./element";
import * as icons from "./icons";

const KIND = "application/x-hounsfield-pane";

/** Number of the pane that is being dragged; while it is on its way only that it is one. */
export function draggedPane(event: DragEvent): PaneId | null {
  const transfer = event.dataTransfer;
  if (!transfer?.types.includes(KIND)) return null;
  return event.type === "drop" ? Number(transfer.getData(KIND)) : -1;
}

export class MoveHandle {
  readonly root: HTMLElement;
  private readonly desk: Desk;
  private readonly pane: Pane;

  constructor(desk: Desk, pane: Pane) {
    this.desk = desk;
    this.pane = pane;
    // Not for the keyboard: Shift L does the same.
    this.root = element("div", { class: "hv-move", draggable: "true", "aria-hidden": "true", title: "Drag to the place of another pane (Shift L)", hidden: "" });
    this.root.append(icon(icons.pan));
    this.root.addEventListener("dragstart", (event) => {
      event.dataTransfer?.setData(KIND, String(pane.id));
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    });
  }

  show(): void {
    const { state } = this.desk.workspace;
    const draggable = this.pane.place?.draggable ?? true;
    setHidden(this.root, state.maximized !== null || state.panes.length < 2 || !draggable);
  }
}

/** The next pane in reading order that may be moved; undefined where there is none. */
export function nextMovable({ workspace }: Desk): PaneId | undefined {
  const { panes, active } = workspace.state;
  const order = [...panes.slice(active + 1), ...panes.slice(0, active)].map(({ id }) => id);
  const movable = (id: PaneId): boolean => workspace.pane(id).place?.draggable ?? true;
  return movable(active) ? order.find(movable) : undefined;
}
