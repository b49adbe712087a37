/** From regions to voxels: what a brush, scissors or growing writes into an edit. Pure but for the edit. */

import type { Geometry } from "../geometry";
import type { Vec3 } from "../meta";
import type { Pixels } from "../pixels";
import { BACKGROUND } from "./label-map";
import type { Edit } from "./edit";
import type { Values } from "./grow";
import { type Frame, type PlanePoint, type Reach, type Region, type Visit, capsule, everything, forEachOnWay, forEachRun, prism } from "./region";
import type { Cut } from "./tools";

export interface Way {
  readonly from: Vec3;
  readonly to: Vec3;
  /** Millimetres. */
  readonly radius: number;
}

/** Values that may be painted; everything where there are none. */
export interface Only {
  readonly values: Values;
  readonly range: readonly [low: number, high: number];
}

/** Paints along a way; tells how many slices were left out because their values are not known. */
export function paintWay(edit: Edit, geometry: Geometry, way: Way, how: { reach: Reach; label: number; only?: Only | null }): number {
  const { reach, label, only } = how;
  const missing = new Set<number>();
  const visit: Visit = only ? whereValues(edit, label, only, missing) : (k, from, to) => { edit.run(k, from, to, label); };
  forEachRun(capsule(geometry, way, reach), geometry.size[0], visit);
  forEachOnWay(geometry, way, reach, visit);
  return missing.size;
}

function whereValues(edit: Edit, label: number, { values, range }: Only, missing: Set<number>): Visit {
  let known: Pixels | null = null;
  let slice = -1;
  const [low, high] = range;
  return (k, from, to) => {
    if (k !== slice) {
      slice = k;
      known = values(k);
      if (!known) missing.add(k);
    }
    if (!known) return;
    let start = -1;
    for (let at = from; at <= to; at += 1) {
      const inside = at < to && (known[at] as number) >= low && (known[at] as number) <= high;
      if (inside && start < 0) start = at;
      if (!inside && start >= 0) {
        edit.run(k, start, at, label);
        start = -1;
      }
    }
  };
}

/** Fills or erases what an outline encloses, or erases what it leaves out. */
export function cutOutline(
  edit: Edit,
  geometry: Geometry,
  outline: { readonly frame: Frame; readonly polygon: readonly PlanePoint[] },
  how: { readonly reach: Reach; readonly cut: Cut; readonly label: number },
): void {
  const inside = prism(geometry, outline.frame, outline.polygon, how.reach);
  cutRegion(edit, geometry, inside, how);
}

/** The same for any region. */
export function cutRegion(edit: Edit, geometry: Geometry, inside: Region, how: { readonly reach: Reach; readonly cut: Cut; readonly label: number }): void {
  const { cut, label, reach } = how;
  const width = geometry.size[0];
  if (cut !== "erase outside") {
    const written = cut === "fill" ? label : BACKGROUND;
    forEachRun(inside, width, (k, from, to) => { edit.run(k, from, to, written); });
    return;
  }
  forEachRun(outsideOf(inside, everything(geometry, reach)), width, (k, from, to) => { edit.run(k, from, to, BACKGROUND); });
}

/** What belongs to `whole` and not to `inside`. Rows are cut just beside the centers of the voxels at the ends. */
function outsideOf(inside: Region, whole: Region): Region {
  return {
    low: whole.low,
    high: whole.high,
    spans: (j, k) => {
      const [low, high] = whole.spans(j, k);
      if (low === undefined || high === undefined) return [];
      const out: number[] = [];
      let from = low;
      for (const [first, last] of pairs(rowOf(inside, j, k))) {
        out.push(from, Math.ceil(first - 1e-9) - 1);
        from = Math.floor(last + 1e-9) + 1;
      }
      return pairs([...out, from, high]).filter(([first, last]) => first <= last).flat();
    },
  };
}

/** The spans of a row, also where it is not in the region's box. */
function rowOf({ low, high, spans }: Region, j: number, k: number): readonly number[] {
  const outside = high[0] < low[0] || j < low[1] || j > high[1] || k < low[2] || k > high[2];
  return outside ? [] : spans(j, k);
}

function pairs(spans: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: Math.floor(spans.length / 2) }, (_, n) => [spans[2 * n] as number, spans[2 * n + 1] as number] as const);
}

/** The outline of a rectangle between two corners. */
export function rectangle([x0, y0]: PlanePoint, [x1, y1]: PlanePoint): readonly PlanePoint[] {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

/** A circle as a polygon: nowhere further inside of it than a ten-thousandth of its radius. */
export function circle([x, y]: PlanePoint, radius: number, corners = 256): readonly PlanePoint[] {
  return Array.from({ length: corners }, (_, n) => {
    const angle = (2 * Math.PI * n) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
  });
}
