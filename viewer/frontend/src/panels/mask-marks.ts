/** Over the picture: how large the brush is where the pointer is, and the outline that scissors follow. */

import { isBrush } from "../core/masks/tools";
import { type MaskPane, scaleOf } from "../state/mask-plane";
import type { Pane, Point, Workspace } from "../state/workspace";

const SVG = "http://www.w3.org/2000/svg";
/** Pixels below which a circle is no help: a small cross is drawn instead. */
const SMALLEST = 2;

export class MaskMarks {
  readonly root = document.createElementNS(SVG, "svg");
  private readonly workspace: Workspace;
  private readonly pane: Pane;
  private readonly circle = document.createElementNS(SVG, "circle");
  private readonly outline = document.createElementNS(SVG, "polygon");

  constructor(workspace: Workspace, pane: Pane) {
    this.workspace = workspace;
    this.pane = pane;
    this.root.setAttribute("class", "hv-mask-marks");
    this.root.setAttribute("aria-hidden", "true");
    this.circle.setAttribute("class", "hv-brush");
    this.outline.setAttribute("class", "hv-scissors");
    this.root.append(this.circle, this.outline);
    this.showOutline(null);
  }

  /** Follows the pointer. */
  showBrush(at: Point | null = this.pane.state.pointer): void {
    const { pane, workspace } = this;
    const shown = at !== null && isBrush(workspace.state.tools.left) && pane.layer !== undefined;
    this.circle.toggleAttribute("hidden", !shown);
    if (!shown) return;
    const radius = Math.max(SMALLEST, workspace.masks.settings.radius * scaleOf(pane as MaskPane));
    this.circle.setAttribute("cx", at[0].toFixed(1));
    this.circle.setAttribute("cy", at[1].toFixed(1));
    this.circle.setAttribute("r", radius.toFixed(1));
  }

  showOutline(points: readonly Point[] | null): void {
    this.outline.toggleAttribute("hidden", points === null);
    if (points) this.outline.setAttribute("points", points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" "));
  }
}
