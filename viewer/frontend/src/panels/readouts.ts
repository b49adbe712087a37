/** Numbers in the corners of the stage, orientation letters, scale bar, crosshair, and the spoken slice number. */

import { type Axis, axisDirection, positionLabel, voxelToWorld } from "../core/geometry";
import type { LayerMeta, Vec3 } from "../core/meta";
import { isOriented } from "../core/oriented";
import { type Plane, voxelToPlane } from "../core/planes";
import { pixelsPerMillimetre, scaleBarLength, toScreen } from "../core/view-transform";
import { formatValue } from "../core/window-level";
import type { DrawnState } from "../state/drawing";
import type { Viewer } from "../state/viewer";
import { element } from "./element";

const SIDES = ["top", "right", "bottom", "left"] as const;
const CORNERS = ["nw", "ne", "sw", "se"] as const;
const BAR_PIXELS = 120;
const ANNOUNCE_AFTER = 500;

export class Readouts {
  readonly root: HTMLElement;
  private readonly viewer: Viewer;
  private readonly sides = new Map<string, HTMLElement>();
  private readonly corners = new Map<string, HTMLElement>();
  private readonly bar = element("div", { class: "hv-scale", hidden: "" });
  private readonly cross = [element("div", { class: "hv-cross hv-cross-v", hidden: "" }), element("div", { class: "hv-cross hv-cross-h", hidden: "" })];
  private readonly live = element("div", { class: "hv-visually-hidden", "aria-live": "polite", role: "status" });
  private announceTimer: number | undefined;
  private announced = "";

  constructor(viewer: Viewer) {
    this.viewer = viewer;
    this.root = element("div", { class: "hv-readouts" });
    for (const side of SIDES) this.add(this.sides, side, `hv-side hv-side-${side}`);
    for (const corner of CORNERS) this.add(this.corners, corner, `hv-corner hv-corner-${corner}`);
    this.root.append(this.bar, ...this.cross, this.live);
  }

  /** Called after each drawn frame. */
  show(drawn: DrawnState): void {
    const { plane, image } = this.viewer;
    if (!plane || !image) return;
    const oriented = isOriented(image.meta);
    for (const side of SIDES) this.text(this.sides, side, [oriented ? plane.labels[side] : ""]);
    this.text(this.corners, "nw", [image.meta.name, [image.meta.modality, sizeText(image.meta)].filter(Boolean).join(" · ")]);
    this.text(this.corners, "ne", this.lookLines(image.meta, drawn));
    this.text(this.corners, "sw", this.placeLines(plane, image.meta, oriented));
    this.text(this.corners, "se", this.cursorLines(image.meta, oriented));
    this.showScale(plane, image.meta);
    this.showCross(plane);
    this.announce(plane);
  }

  private add(map: Map<string, HTMLElement>, name: string, className: string): void {
    const box = element("div", { class: className });
    if (map === this.corners) box.setAttribute("data-corner", name);
    map.set(name, box);
    this.root.append(box);
  }

  /** One line per entry; unchanged text is left alone so that nothing is laid out again. */
  private text(map: Map<string, HTMLElement>, name: string, lines: readonly string[]): void {
    const box = map.get(name);
    const text = lines.filter(Boolean).join("\n");
    if (box && box.textContent !== text) box.textContent = text;
  }

  private lookLines(meta: LayerMeta, drawn: DrawnState): string[] {
    const { window, inverted } = this.viewer.state;
    const lines = [`Zoom ${Math.round(this.viewer.view.zoom * 100)} %`];
    if (meta.components < 3) {
      lines.unshift(`C ${formatValue(rounded(window.center))}  W ${formatValue(rounded(window.width))}`);
    }
    if (inverted) lines.push("Inverted");
    if (drawn.level === null) lines.push("Loading …");
    else if (!drawn.complete) lines.push("Refining …");
    return lines;
  }

  private placeLines(plane: Plane, meta: LayerMeta, oriented: boolean): string[] {
    if (plane.count < 2) return [];
    const name = (plane.name[0]?.toUpperCase() ?? "") + plane.name.slice(1);
    const lines = [`${name} ${this.viewer.index + 1} / ${plane.count}`];
    if (oriented) lines.push(`${slicePosition(meta, plane, this.viewer.state.focus)} mm`);
    if (meta.timepoints > 1) lines.push(`Time ${this.viewer.state.timepoint + 1} / ${meta.timepoints}`);
    return lines;
  }

  private cursorLines(meta: LayerMeta, oriented: boolean): string[] {
    const { cursor } = this.viewer;
    if (!cursor) return [];
    const lines = [`Voxel ${cursor.voxel.map(Math.round).join(", ")}`];
    if (cursor.sample) {
      const values = cursor.sample.values.map((value) => formatValue(value)).join(", ");
      lines.unshift(`${cursor.sample.exact ? "" : "≈ "}${values} ${meta.unit}`.trim());
    }
    if (oriented) {
      lines.push(`${cursor.world.map((value, axis) => positionLabel(axis as Axis, value)).join("  ")} mm`);
    }
    return lines;
  }

  private showScale(plane: Plane, meta: LayerMeta): void {
    const scale = pixelsPerMillimetre(plane, this.viewer.stage, this.viewer.view);
    const length = scaleBarLength(scale, BAR_PIXELS);
    this.bar.style.width = `${length * scale}px`;
    this.bar.textContent = length >= 10 ? `${length / 10} cm` : `${length} mm`;
    this.bar.hidden = !isOriented(meta) && meta.spacing[0] === 1 && meta.spacing[1] === 1;
  }

  private showCross(plane: Plane): void {
    const { viewer, cross } = this;
    const [x, y] = toScreen(plane, viewer.stage, viewer.view, voxelToPlane(plane, viewer.state.focus));
    const [vertical, horizontal] = cross;
    cross.forEach((line) => { line.hidden = !viewer.state.crosshair; });
    if (vertical) vertical.style.transform = `translateX(${x}px)`;
    if (horizontal) horizontal.style.transform = `translateY(${y}px)`;
  }

  /** Speaks the slice only once scrolling has paused. */
  private announce(plane: Plane): void {
    const sentence = `${plane.name} slice ${this.viewer.index + 1} of ${plane.count}`;
    if (sentence === this.announced) return;
    this.announced = sentence;
    window.clearTimeout(this.announceTimer);
    this.announceTimer = window.setTimeout(() => { this.live.textContent = sentence; }, ANNOUNCE_AFTER);
  }
}

function rounded(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value) : value;
}

function sizeText(meta: LayerMeta): string {
  const [columns, rows, depth] = meta.size;
  return depth > 1 ? `${columns} × ${rows} × ${depth}` : `${columns} × ${rows}`;
}

/** Where the slice lies along the patient axis closest to its normal, at the focus point. */
function slicePosition(meta: LayerMeta, plane: Plane, focus: Vec3): string {
  const direction = axisDirection(meta, plane.normal);
  const strengths = direction.map(Math.abs);
  const axis = strengths.indexOf(Math.max(...strengths)) as Axis;
  return positionLabel(axis, voxelToWorld(meta, focus)[axis]);
}
