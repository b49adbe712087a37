/**
 * Slices between drawn ones, by shape (Raya and Udupa, IEEE Transactions on Medical Imaging 9, 1990): distances to the
 * edges of the shape before and the shape after are mixed, and what is positive belongs to the shape in between.
 * Shapes that do not overlap are moved onto each other by their centers first, so that a vessel that runs
 * obliquely is followed instead of being broken.
 */

import type { Axis } from "../geometry";
import type { Vec3 } from "../meta";
import { type Plane2, signedDistance } from "./distance";
import type { Edit } from "./edit";
import type { LabelMap } from "./label-map";
import { axesOf, readSheet, writeRow } from "./sheet";

/** Ties belong to the shape, however the last bit was rounded. */
const TIE = 1e-6;
/** Empty pixels around both shapes, so that distances to the outside are known. */
const MARGIN = 1;

export interface Gap {
  readonly before: number;
  readonly after: number;
}

/** Neighboring slices along `axis` that bear the label with empty ones in between. */
export function gapsOf(map: LabelMap, axis: Axis, label: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let before = -1;
  const bears = slicesWith(map, axis, label);
  bears.forEach((there, index) => {
    if (!there) return;
    if (before >= 0 && index - before > 1) gaps.push({ before, after: index });
    before = index;
  });
  return gaps;
}

/** A run of pixels of the plane `index`: row `y`, from `from` to `to` (not included). */
export interface PlaneRun {
  readonly index: number;
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** Finds what fills the gaps, one slice after the other; yields how many are left. Nothing is written yet. */
export function* interpolating(
  map: LabelMap,
  options: { readonly axis: Axis; readonly label: number; readonly spacing: Vec3 },
): Generator<number, readonly PlaneRun[], undefined> {
  const { axis, label, spacing } = options;
  const runs: PlaneRun[] = [];
  const [across, down] = axesOf(axis);
  const gaps = gapsOf(map, axis, label);
  let left = gaps.reduce((sum, { before, after }) => sum + after - before - 1, 0);
  for (const { before, after } of gaps) {
    const shapes = [before, after].map((index) => readSheet(map, { axis, index }, label)) as [Uint8Array, Uint8Array];
    const plane = { width: map.size[across], height: map.size[down], across: spacing[across], down: spacing[down] };
    const between = new Between(shapes, plane);
    for (let index = before + 1; index < after; index += 1) {
      between.forEachRun(index - before, after - before, (y, from, to) => { runs.push({ index, y, from, to }); });
      left -= 1;
      yield left;
    }
  }
  return runs;
}

export function writeRuns(edit: Edit, size: Vec3, axis: Axis, label: number, runs: readonly PlaneRun[]): void {
  for (const { index, y, from, to } of runs) writeRow(edit, size, { axis, index }, { y, from, to, label });
}

function slicesWith(map: LabelMap, axis: Axis, label: number): boolean[] {
  const found = new Array<boolean>(map.size[axis]).fill(false);
  const [width] = map.size;
  for (let k = 0; k < map.size[2]; k += 1) {
    if (!map.has(k)) continue;
    const labels = map.slice(k);
    if (axis === 2) {
      found[k] = labels.includes(label);
      continue;
    }
    for (let at = labels.indexOf(label); at >= 0; at = labels.indexOf(label, at + 1)) {
      found[axis === 0 ? at % width : Math.floor(at / width)] = true;
    }
  }
  return found;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Both shapes cut out with their distances, and how the second lies to the first. */
class Between {
  private readonly first: Cutout;
  private readonly second: Cutout;
  /** Pixels from the center of the first shape to that of the second; none when they overlap. */
  private readonly shift: readonly [number, number];
  private readonly width: number;
  private readonly height: number;

  constructor([first, second]: readonly [Uint8Array, Uint8Array], plane: Plane2) {
    this.width = plane.width;
    this.height = plane.height;
    const overlaps = first.some((inside, at) => inside === 1 && second[at] === 1);
    const whole = joined(boxOf(first, plane.width), boxOf(second, plane.width));
    const from = centerOf(first, plane.width);
    const to = centerOf(second, plane.width);
    this.shift = overlaps ? [0, 0] : [to[0] - from[0], to[1] - from[1]];
    this.first = new Cutout(first, overlaps ? whole : grown(whole, boxOf(first, plane.width)), plane);
    this.second = new Cutout(second, overlaps ? whole : grown(whole, boxOf(second, plane.width)), plane);
  }

  /** Runs of pixels that belong to the shape `step` slices after the first of `steps`. */
  forEachRun(step: number, steps: number, visit: (y: number, from: number, to: number) => void): void {
    const [shiftX, shiftY] = this.shift.map((pixels) => Math.round((pixels * step) / steps)) as [number, number];
    const [restX, restY] = [Math.round(this.shift[0]) - shiftX, Math.round(this.shift[1]) - shiftY];
    for (let y = 0; y < this.height; y += 1) {
      let from = -1;
      for (let x = 0; x <= this.width; x += 1) {
        const inside =
          x < this.width &&
          this.first.at(x - shiftX, y - shiftY) * (steps - step) + this.second.at(x + restX, y + restY) * step >= -TIE;
        if (inside && from < 0) from = x;
        if (!inside && from >= 0) {
          visit(y, from, x);
          from = -1;
        }
      }
    }
  }
}

/** A part of a picture with the distances in it. */
class Cutout {
  private readonly box: Box;
  private readonly width: number;
  private readonly distances: Float64Array;

  constructor(shape: Uint8Array, inner: Box, plane: Plane2) {
    const box = { left: inner.left - MARGIN, top: inner.top - MARGIN, right: inner.right + MARGIN, bottom: inner.bottom + MARGIN };
    const [width, height] = [box.right - box.left + 1, box.bottom - box.top + 1];
    const part = new Uint8Array(width * height);
    for (let y = inner.top; y <= inner.bottom; y += 1) {
      if (y < 0 || y >= plane.height) continue;
      for (let x = Math.max(0, inner.left); x <= Math.min(plane.width - 1, inner.right); x += 1) {
        part[(y - box.top) * width + x - box.left] = shape[y * plane.width + x] as number;
      }
    }
    this.box = box;
    this.width = width;
    this.distances = signedDistance(part, { width, height, across: plane.across, down: plane.down });
  }

  /** Far outside beyond the part that was looked at. */
  at(x: number, y: number): number {
    const { left, top, right, bottom } = this.box;
    if (x < left || x > right || y < top || y > bottom) return -Infinity;
    return this.distances[(y - top) * this.width + x - left] as number;
  }
}

function boxOf(shape: Uint8Array, width: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  shape.forEach((inside, at) => {
    if (!inside) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { left, top, right, bottom };
}

function joined(a: Box, b: Box): Box {
  return { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) };
}

/** The box of one shape with as much around it as both need when they lie on each other. */
function grown(whole: Box, own: Box): Box {
  const [across, down] = [whole.right - whole.left, whole.bottom - whole.top];
  return { left: own.left - across, top: own.top - down, right: own.right + across, bottom: own.bottom + down };
}

function centerOf(shape: Uint8Array, width: number): readonly [number, number] {
  let [x, y, count] = [0, 0, 0];
  shape.forEach((inside, at) => {
    if (!inside) return;
    x += at % width;
    y += Math.floor(at / width);
    count += 1;
  });
  return [x / Math.max(1, count), y / Math.max(1, count)];
}
