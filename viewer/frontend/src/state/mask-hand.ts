/** The hand that holds a tool of segmentation: what a pointer or the keyboard does with it, in one pane at a time. */

import { Emitter } from "../core/emitter";
import { worldToVoxel } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { Edit } from "../core/masks/edit";
import { type Grown, type Growth, forEachGrown, growing } from "../core/masks/grow";
import { interpolating, writeRuns } from "../core/masks/interpolate";
import { circle, cutOutline, paintWay, rectangle } from "../core/masks/paint";
import { type Frame, type PlanePoint, type Reach, capsule, everything, planeToWorld } from "../core/masks/region";
import { type BrushTool, type MaskTool, type ScissorsTool, isBrush, isScissors } from "../core/masks/tools";
import type { Vec3 } from "../core/meta";
import type { Pixels } from "../core/pixels";
import { type Point, worldToScreen } from "../render/camera";
import { type MaskPane, frameOf, inFrame, planeReach, pointOf, reachOf, valuesOf } from "./mask-plane";
import { type Mask, type Masks, atOwnTimepoint } from "./masks";
import { Pieces } from "./pieces";

/** Millimetres of an outline below which it is a slip of the hand. */
const LEAST_OUTLINE = 0.5;

interface Stroke {
  readonly kind: "stroke";
  readonly tool: BrushTool;
  readonly pane: MaskPane;
  readonly image: Layer;
  readonly mask: Mask;
  readonly edit: Edit;
  readonly reach: Reach;
  readonly label: number;
  last: Vec3;
  missing: number;
}

interface Outline {
  readonly kind: "outline";
  readonly tool: ScissorsTool;
  readonly pane: MaskPane;
  readonly image: Layer;
  readonly frame: Frame;
  readonly points: PlanePoint[];
}

export class MaskHand extends Emitter<{ outline: readonly Point[] | null }> {
  private readonly masks: Masks;
  private readonly pieces: Pieces;
  private doing: Stroke | Outline | null = null;

  constructor(masks: Masks) {
    super();
    this.masks = masks;
    this.pieces = new Pieces((words) => { masks.emit("busy", words); });
  }

  /** Whether a stroke or an outline is being drawn, or something long is worked on. */
  get busy(): boolean {
    return this.doing !== null || this.pieces.busy;
  }

  /** The tool touches the picture. */
  start(tool: MaskTool, pane: MaskPane, point: Point): void {
    this.cancel();
    const image = this.imageOf(pane);
    const world = pointOf(pane, point);
    if (!image || !world) return;
    this.masks.fit(image, pane.state.window);
    if (isBrush(tool)) this.startStroke(tool, pane, image, world);
    else if (isScissors(tool)) this.startOutline(tool, pane, image, world);
    else if (tool === "fill") void this.fill(pane, image, world);
    else void this.grow(pane, image, world);
  }

  /** The tool goes on to these points, all of them: the browser may tell several at once. */
  move(points: readonly Point[]): void {
    const { doing } = this;
    if (!doing) return;
    for (const point of points) {
      const world = pointOf(doing.pane, point);
      if (!world) continue;
      if (doing.kind === "stroke") this.paint(doing, world);
      else this.extend(doing, world);
    }
    if (doing.kind === "stroke") this.masks.show(doing.mask, doing.edit);
    else this.emit("outline", this.outlineOn(doing));
  }

  /** The tool leaves the picture: what was done is a step. */
  finish(): void {
    const { doing } = this;
    this.doing = null;
    if (doing?.kind === "stroke") {
      if (doing.missing > 0) this.masks.emit("notice", STILL_LOADING);
      this.masks.commit(doing.mask, doing.edit, STROKE_NAMES[doing.tool]);
    } else if (doing) {
      this.emit("outline", null);
      this.cut(doing);
    }
  }

  /** Takes back what is not finished; tells whether there was anything. */
  cancel(): boolean {
    const { doing } = this;
    this.doing = null;
    if (doing?.kind === "stroke") this.masks.abandon(doing.mask, doing.edit);
    if (doing?.kind === "outline") this.emit("outline", null);
    return this.pieces.cancel() || doing !== null;
  }

  /** Fills the slices between drawn ones of the segment, in the plane of the pane. */
  async interpolate(pane: MaskPane): Promise<void> {
    const image = this.imageOf(pane);
    const mask = image && this.masks.activeFor(image, atOwnTimepoint(image, pane.state));
    const segment = mask?.segment;
    if (!image || !mask || !segment) {
      this.masks.emit("notice", "There is no mask to interpolate. Draw on some slices first.");
      return;
    }
    if (this.masks.isLocked(segment)) return;
    const reach = planeReach(pane);
    if (reach.kind !== "slice") {
      this.masks.emit("notice", "Slices are filled along the stored, axial, coronal or sagittal plane. Show one of these.");
      return;
    }
    const { axis } = reach;
    const steps = interpolating(mask.map, { axis, label: segment.value, spacing: image.meta.spacing });
    const runs = await this.pieces.run(steps, (left) => `Filling slices, ${left} left`);
    if (!runs) return;
    const edit = this.masks.begin(mask, this.masks.settings.over);
    writeRuns(edit, mask.map.size, axis, segment.value, runs);
    this.masks.commit(mask, edit, "Slices interpolated");
    if (runs.length === 0) this.masks.emit("notice", `There is no gap: draw “${segment.name}” on two slices of this plane with empty ones in between.`);
  }

  private imageOf({ layer, state }: MaskPane): Layer | null {
    if (!layer) return null;
    if (state.slab.mode !== "none") {
      this.masks.emit("notice", "Masks are drawn on a single plane. Switch the slab off first.");
      return null;
    }
    return layer;
  }

  /** The mask and the segment that is painted; null, and said why, where that cannot be. */
  private paintable(image: Layer, pane: MaskPane): { mask: Mask; label: number } | null {
    const mask = this.masks.forPainting(image, atOwnTimepoint(image, pane.state));
    const { segment } = mask;
    if (!mask.editable) {
      this.masks.emit("notice", `“${mask.name}” ${whyNot(mask)}.`);
      return null;
    }
    if (!segment || this.masks.isLocked(segment)) return null;
    // Whoever paints wants to see it.
    if (!segment.visible) this.masks.setSegment(mask, segment.value, { visible: true });
    return { mask, label: segment.value };
  }

  private startStroke(tool: BrushTool, pane: MaskPane, image: Layer, world: Vec3): void {
    const { settings } = this.masks;
    const target = tool === "eraser" ? this.erasable(image, pane) : this.paintable(image, pane);
    if (!target) return;
    const { mask, label } = target;
    const edit = this.masks.begin(mask, tool === "eraser" ? "everything" : settings.over);
    const reach = settings.ball ? ({ kind: "all" } as const) : planeReach(pane);
    const stroke: Stroke = { kind: "stroke", tool, pane, image, mask, edit, reach, label, last: world, missing: 0 };
    this.doing = stroke;
    this.paint(stroke, world);
    this.masks.show(mask, edit);
  }

  /** Erasing needs no segment that is open, but something to erase. */
  private erasable(image: Layer, pane: MaskPane): { mask: Mask; label: number } | null {
    const mask = this.masks.activeFor(image, atOwnTimepoint(image, pane.state));
    if (mask?.editable) return { mask, label: 0 };
    this.masks.emit("notice", "There is no mask to erase from.");
    return null;
  }

  private paint(stroke: Stroke, world: Vec3): void {
    const { settings } = this.masks;
    const { image, edit, reach, label, last, tool, pane } = stroke;
    const only = tool === "threshold-brush" ? { values: valuesOf(image, pane.state.timepoint), range: settings.range } : null;
    stroke.missing = Math.max(stroke.missing, paintWay(edit, image.meta, { from: last, to: world, radius: settings.radius }, { reach, label, only }));
    stroke.last = world;
  }

  private startOutline(tool: ScissorsTool, pane: MaskPane, image: Layer, world: Vec3): void {
    const frame = frameOf(pane);
    if (frame) this.doing = { kind: "outline", tool, pane, image, frame, points: [inFrame(frame, world)] };
  }

  private extend({ tool, frame, points }: Outline, world: Vec3): void {
    const point = inFrame(frame, world);
    if (tool === "scissors") points.push(point);
    else points[1] = point;
  }

  private cut(outline: Outline): void {
    const polygon = polygonOf(outline);
    if (polygon.length < 3 || extentOf(polygon) < LEAST_OUTLINE) return;
    const { settings } = this.masks;
    const { image, frame, pane } = outline;
    const target = settings.cut === "fill" ? this.paintable(image, pane) : this.erasable(image, pane);
    if (!target) return;
    const { mask, label } = target;
    const edit = this.masks.begin(mask, settings.cut === "fill" ? settings.over : "everything");
    const how = { reach: reachOf(pane, settings.depth), cut: settings.cut, label };
    cutOutline(edit, image.meta, { frame, polygon }, how);
    this.masks.commit(mask, edit, settings.cut === "fill" ? "Outline filled" : "Cut with scissors");
  }

  /** Where an outline lies on the screen. */
  private outlineOn(outline: Outline): readonly Point[] {
    const { pane, frame } = outline;
    const { camera, size } = pane;
    if (!camera) return [];
    return polygonOf(outline).map(([x, y]) => worldToScreen(camera, size, planeToWorld(frame, [x, y])));
  }

  /** Writes the segment over what hangs together and bears the same label. */
  private async fill(pane: MaskPane, image: Layer, world: Vec3): Promise<void> {
    const target = this.paintable(image, pane);
    const reach = reachOf(pane, this.masks.settings.depth);
    const seed = voxelAt(image, world, reach);
    if (!target || !seed) return;
    const { mask, label } = target;
    const before = mask.map.at(...seed);
    if (before === label) return;
    const growth = { seed, range: [before, before] as const, within: everything(image.meta, reach), values: (k: number): Pixels => mask.map.slice(k) };
    const found = await this.find(image, growth, "Filling");
    if (!found) return;
    if (found.open && before === 0) {
      this.masks.emit("notice", "This area is open to the edge of the image. Close its outline first, then fill it.");
      return;
    }
    this.write(mask, label, found, "everything", "Area filled");
  }

  /** Writes the segment over what hangs together and has about the same value. */
  private async grow(pane: MaskPane, image: Layer, world: Vec3): Promise<void> {
    const { settings } = this.masks;
    const reach = reachOf(pane, settings.depth);
    const seed = voxelAt(image, world, reach);
    const values = valuesOf(image, pane.state.timepoint);
    const value = seed && values(seed[2])?.[seed[1] * image.meta.size[0] + seed[0]];
    if (!seed) return;
    if (value === null || value === undefined) {
      this.masks.emit("notice", image.meta.components > 1 ? "Growing follows gray values. This image is in color." : STILL_LOADING);
      return;
    }
    const target = this.paintable(image, pane);
    if (!target) return;
    const range = [value - settings.tolerance, value + settings.tolerance] as const;
    const within = settings.within === null ? everything(image.meta, reach) : capsule(image.meta, { from: world, to: world, radius: settings.within }, reach);
    const found = await this.find(image, { seed, range, within, values }, "Growing");
    if (!found) return;
    this.write(target.mask, target.label, found, settings.over, "Region grown");
    if (found.missing > 0) this.masks.emit("notice", STILL_LOADING);
  }

  private find(image: Layer, growth: Omit<Growth, "size">, verb: string): Promise<Grown | null> {
    return this.pieces.run(growing({ ...growth, size: image.meta.size }), (voxels) => `${verb}, ${voxels.toLocaleString("en")} voxels`);
  }

  private write(mask: Mask, label: number, found: Grown, over: "everything" | "background", name: string): void {
    const edit = this.masks.begin(mask, over);
    forEachGrown(found, (k, from, to) => { edit.run(k, from, to, label); });
    this.masks.commit(mask, edit, name);
  }
}

const STILL_LOADING = "Some slices of this image are still being loaded. What lies in them was left out: do it again in a moment.";

/** Why a mask cannot be painted on, in words after its name. */
function whyNot(mask: Mask): string {
  if (mask.loading) return "is still being loaded: paint in a moment";
  if (mask.unreadable) return "cannot be shown, so it cannot be painted on. Reload the page to try again, or make another mask";
  return "can be looked at only. Make a mask of your own to change something";
}

const STROKE_NAMES: Readonly<Record<BrushTool, string>> = {
  brush: "Painted",
  eraser: "Erased",
  "threshold-brush": "Painted by threshold",
};

/** The voxel under a point, in the slice that is shown; null beside the grid. */
function voxelAt({ meta }: Layer, world: Vec3, reach: Reach): Vec3 | null {
  const voxel = worldToVoxel(meta, world).map(Math.round) as [number, number, number];
  if (reach.kind === "slice") voxel[reach.axis] = reach.index;
  return voxel.every((place, axis) => place >= 0 && place < (meta.size[axis] ?? 0)) ? voxel : null;
}

function polygonOf({ tool, points }: Outline): readonly PlanePoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || tool === "scissors") return points;
  if (tool === "rectangle-scissors") return rectangle(first, last);
  return circle(first, Math.hypot(last[0] - first[0], last[1] - first[1]));
}

function extentOf(polygon: readonly PlanePoint[]): number {
  const spread = (axis: 0 | 1): number => Math.max(...polygon.map((point) => point[axis])) - Math.min(...polygon.map((point) => point[axis]));
  return Math.max(spread(0), spread(1));
}
