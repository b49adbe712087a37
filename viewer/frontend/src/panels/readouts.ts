/** What is written over a picture: corners, orientation letters, scale bar and the lines of other planes. */

import { isOriented } from "../core/oriented";
import { type Axis, positionLabel } from "../core/geometry";
import type { LayerMeta } from "../core/meta";
import { scaleBarLength } from "../core/view-transform";
import { formatValue } from "../core/window-level";
import type { Pane, Point, ReferenceLine, Side } from "../state/workspace";
import { element } from "./element";
import { SLAB_MODES, millimetres, orientationName } from "./words";

const SIDES: readonly Side[] = ["top", "right", "bottom", "left"];
const CORNERS = ["nw", "ne", "sw", "se"] as const;
type Corner = (typeof CORNERS)[number];
const BAR_PIXELS = 140;
const SVG = "http://www.w3.org/2000/svg";

/** How soon a line gives way in a small pane: never, second, first. */
type Weight = "" | "detail" | "minor";
type Line = readonly [text: string, weight?: Weight, className?: string];

export class Readouts {
  readonly root: HTMLElement;
  private readonly pane: Pane;
  private readonly sides = new Map<Side, HTMLElement>();
  private readonly corners = new Map<Corner, HTMLElement>();
  private readonly shown = new Map<HTMLElement, string>();
  private readonly bar = element("div", { class: "hv-scale", hidden: "" });
  private readonly lines = document.createElementNS(SVG, "svg");

  constructor(pane: Pane) {
    this.pane = pane;
    this.lines.setAttribute("class", "hv-lines");
    this.root = element("div", { class: "hv-readouts" });
    for (const side of SIDES) {
      this.sides.set(side, this.root.appendChild(element("div", { class: `hv-side hv-side-${side}`, "aria-hidden": "true" })));
    }
    for (const corner of CORNERS) {
      this.corners.set(corner, this.root.appendChild(element("div", { class: `hv-corner hv-corner-${corner}`, "data-corner": corner })));
    }
    this.root.append(this.bar);
  }

  /** Lines of the other planes: as large as the picture, not as the space beside the slice bar. */
  get crossLines(): SVGElement {
    return this.lines;
  }

  show(): void {
    const { pane } = this;
    const meta = pane.layer?.meta;
    this.root.hidden = !meta;
    this.lines.toggleAttribute("hidden", !meta);
    if (!meta) return;
    for (const side of SIDES) this.write(this.sides.get(side), [[pane.labels[side]]]);
    const place = pane.place;
    const label = place?.label && place.label !== meta.name ? [[place.label] as const] : [];
    this.write(this.corners.get("nw"), [...label, [meta.name, label.length > 0 ? "detail" : ""], [[meta.modality, sizeText(meta)].filter(Boolean).join(" · "), "minor"]]);
    this.write(this.corners.get("ne"), lookLines(pane, meta));
    this.write(this.corners.get("sw"), place?.showsSlice === false ? [] : placeLines(pane, meta));
    this.root.classList.toggle("hv-map", place?.special === "minimap");
    this.showCursor();
    this.showScale();
    this.showLines(pane.referenceLines, pane.parentFrame);
  }

  showCursor(): void {
    const meta = this.pane.layer?.meta;
    if (meta) this.write(this.corners.get("se"), cursorLines(this.pane, meta));
  }

  /** Unchanged text is left alone, so that nothing is laid out again. */
  private write(box: HTMLElement | undefined, lines: readonly Line[]): void {
    if (!box) return;
    const text = lines.map((line) => line.join("|")).join("\n");
    if (this.shown.get(box) === text) return;
    this.shown.set(box, text);
    box.replaceChildren(
      ...lines
        .filter(([line]) => line)
        .map(([line, weight, name = ""]) => element("div", { class: weight ? `hv-line-${weight} ${name}` : name }, line)),
    );
  }

  private showScale(): void {
    const { scale } = this.pane;
    this.bar.hidden = scale === null || !Number.isFinite(scale) || scale <= 0;
    if (scale === null || this.bar.hidden) return;
    const length = scaleBarLength(scale, BAR_PIXELS);
    const text = length >= 10 ? `${length / 10} cm` : `${length} mm`;
    this.bar.style.width = `${length * scale}px`;
    if (this.bar.textContent !== text) this.bar.textContent = text;
  }

  private showLines(lines: readonly ReferenceLine[], frame: readonly Point[] | null): void {
    const place = (line: ReferenceLine): string => [line.orientation, ...line.from, ...line.to].join();
    const text = [...lines.map(place), String(frame ?? "")].join(" ");
    if (this.lines.dataset.shown === text) return;
    this.lines.dataset.shown = text;
    const fade = this.pane.place?.indicatorFade ?? null;
    this.lines.replaceChildren(...lines.map(drawnLine), ...(frame ? [drawnFrame(frame)] : []));
    // Made anew with every change, so that it begins again.
    for (const line of this.lines.querySelectorAll<SVGElement>("line")) {
      if (fade !== null) line.style.animation = `hv-fade ${fade}ms ease-in forwards`;
    }
  }
}

function drawnLine({ orientation, from, to }: ReferenceLine): SVGElement {
  const line = document.createElementNS(SVG, "line");
  const [[x1, y1], [x2, y2]] = [from, to];
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, String(value));
  line.setAttribute("class", `hv-line-of-${orientation}`);
  return line;
}

function drawnFrame(corners: readonly Point[]): SVGElement {
  const frame = document.createElementNS(SVG, "polygon");
  frame.setAttribute("points", corners.map((corner) => corner.join(",")).join(" "));
  frame.setAttribute("class", "hv-frame");
  return frame;
}

function lookLines(pane: Pane, meta: LayerMeta): Line[] {
  const { state, drawn } = pane;
  const lines: Line[] = [];
  if (meta.components < 3) {
    lines.push([`W ${formatValue(rounded(state.window.width))} L ${formatValue(rounded(state.window.center))}`]);
  }
  lines.push([`Zoom ${Math.round(state.view.zoom * 100)} %`, "minor"]);
  if (state.inverted) lines.push(["Inverted", "detail"]);
  const slab = SLAB_MODES.find(({ id }) => id === state.slab.mode);
  if (slab && slab.id !== "none") lines.push([`${slab.short} ${millimetres(state.slab.thickness)}`]);
  const turned = turnText(pane);
  if (turned) lines.push([turned, "detail"]);
  if (state.cine.playing) lines.push([`▶ ${state.cine.fps} per second`, "detail"]);
  if (drawn.level === null) lines.push([pane.cannotBeShown ? "Cannot be shown" : "Loading …"]);
  else if (!drawn.complete) lines.push(["Refining …"]);
  return lines;
}

function turnText({ state: { view } }: Pane): string {
  const parts: string[] = [];
  const degrees = Math.round(((view.rotation % 360) + 360) % 360);
  if (degrees !== 0) parts.push(`Turned ${degrees}°`);
  if (view.flipHorizontal !== view.flipVertical) parts.push("Mirrored");
  else if (view.flipHorizontal) parts.push("Mirrored twice");
  return parts.join(" · ");
}

function placeLines(pane: Pane, meta: LayerMeta): Line[] {
  const { state } = pane;
  const lines: Line[] = [];
  const name = state.orientation === "stored" ? "Slice" : orientationName(state.orientation);
  if (pane.count > 1) lines.push([`${name} ${pane.index + 1} / ${pane.count}`, "", `hv-plane-${state.orientation}`]);
  if (pane.count > 1 && pane.positionLabel) lines.push([`${pane.positionLabel} mm`, "detail"]);
  if (meta.timepoints > 1) lines.push([`Time ${state.timepoint + 1} / ${meta.timepoints}`]);
  return lines;
}

function cursorLines(pane: Pane, meta: LayerMeta): Line[] {
  const { cursor, place } = pane;
  if (!cursor) return [];
  const lines: Line[] = [];
  if (cursor.sample && place?.showsValue !== false) {
    const values = cursor.sample.values.map((value) => formatValue(value)).join(", ");
    lines.push([`${cursor.sample.exact ? "" : "≈ "}${values} ${meta.unit}`.trim()]);
  }
  if (place?.showsCoordinate === false) return lines;
  lines.push([`Voxel ${cursor.voxel.map(Math.round).join(", ")}`, "minor"]);
  if (isOriented(meta)) {
    const place = cursor.world.map((value, axis) => positionLabel(axis as Axis, value)).join("  ");
    lines.push([`${place} mm`, "detail"]);
  }
  return lines;
}

function rounded(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value) : value;
}

export function sizeText(meta: LayerMeta): string {
  const [columns, rows, depth] = meta.size;
  return depth > 1 ? `${columns} × ${rows} × ${depth}` : `${columns} × ${rows}`;
}
