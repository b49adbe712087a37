/** The value under the crosshairs of another pane, or under its pointer, for each time point. */

import { formatValue } from "../core/window-level";
import type { Pane, Workspace } from "../state/workspace";
import { element, setHidden } from "./element";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const HEIGHT = 160;
const MARGIN = 14;

export class TimeChart {
  readonly root = element("div", { class: "hv-chart", hidden: "" });
  private readonly workspace: Workspace;
  private readonly pane: Pane;
  private readonly words = element("p", { class: "hv-chart-words" });
  private readonly line = document.createElementNS(SVG, "polyline");
  private readonly now = document.createElementNS(SVG, "line");
  private shown = "";

  constructor(workspace: Workspace, pane: Pane) {
    this.workspace = workspace;
    this.pane = pane;
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("aria-hidden", "true");
    drawing.append(this.now, this.line);
    this.root.append(this.words, drawing);
    workspace.on("pointer", (id) => { if (!this.root.hidden && id === pane.place?.parent) this.draw(); });
  }

  show(shown: boolean): void {
    setHidden(this.root, !shown);
    if (shown) this.draw();
  }

  private draw(): void {
    const { place } = this.pane;
    if (!place || place.parent === null) return;
    const parent = this.workspace.pane(place.parent);
    const world = parent.cursor?.world ?? parent.state.focus;
    const values = parent.valuesOverTime(world);
    const text = JSON.stringify([values, parent.state.timepoint]);
    if (text === this.shown) return;
    this.shown = text;
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const x = (time: number): number => MARGIN + (time / Math.max(1, values.length - 1)) * (WIDTH - 2 * MARGIN);
    const y = (value: number): number => HEIGHT - MARGIN - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN);
    const points = values.flatMap((value, time) => (value === null ? [] : [`${x(time)},${y(value)}`]));
    this.line.setAttribute("points", points.join(" "));
    const at = String(x(parent.state.timepoint));
    for (const [name, value] of Object.entries({ x1: at, x2: at, y1: "0", y2: String(HEIGHT) })) this.now.setAttribute(name, value);
    this.words.textContent = sentence(values, parent, [low, high]);
  }
}

function sentence(values: readonly (number | null)[], parent: Pane, [low, high]: readonly [number, number]): string {
  if (values.length < 2) return "This image has one time point.";
  const unit = parent.layer?.meta.unit ?? "";
  const value = values[parent.state.timepoint];
  if (value === null || value === undefined || !Number.isFinite(low)) return parent.cannotBeShown ? "Cannot be shown" : "Loading …";
  const missing = values.filter((one) => one === null).length;
  const rest = missing > 0 ? `, ${missing} not loaded yet` : "";
  return `${formatValue(value)} ${unit} now, ${formatValue(low)} to ${formatValue(high)} over ${values.length} time points${rest}`.replace("  ", " ");
}
