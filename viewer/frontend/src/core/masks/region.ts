/**
 * Parts of a voxel grid, given in patient space (LPS millimetres) and walked in rows of voxels along i.
 * A voxel belongs to a region when its center does. Works on any grid: oblique, anisotropic, left-handed.
 */

import { type Axis, type Geometry, axisDirection, voxelToWorld, worldToVoxel } from "../geometry";
import type { Vec3 } from "../meta";

/** How far through the volume a tool reaches. */
export type Reach =
  | { readonly kind: "all" }
  /** One voxel plane: `index` along `axis`. */
  | { readonly kind: "slice"; readonly axis: Axis; readonly index: number }
  /** A plane that lies across the voxels: centers at most `half` millimetres from it. */
  | { readonly kind: "slab"; readonly point: Vec3; readonly normal: Vec3; readonly half: number };

export interface Region {
  /** First and last voxel of the box around it, inside the grid; `high` below `low` where it is empty. */
  readonly low: Vec3;
  readonly high: Vec3;
  /** Pairs of first and last i (fractional, ends included) of row (j, k). */
  spans(j: number, k: number): readonly number[];
}

/** Voxels `from` … `to` (not included) of slice `k`, counted columns first. */
export type Visit = (k: number, from: number, to: number) => void;

/** Centers on the edge belong to it whichever way the last bit was rounded. */
const EDGE = 1e-9;
const AXES: readonly Axis[] = [0, 1, 2];

export function forEachRun(region: Region, width: number, visit: Visit): void {
  const [lowI, lowJ, lowK] = region.low;
  const [highI, highJ, highK] = region.high;
  if (highI < lowI) return;
  for (let k = lowK; k <= highK; k += 1) {
    for (let j = lowJ; j <= highJ; j += 1) {
      const spans = region.spans(j, k);
      for (let n = 0; n + 1 < spans.length; n += 2) {
        const first = Math.max(lowI, Math.ceil((spans[n] as number) - EDGE));
        const last = Math.min(highI, Math.floor((spans[n + 1] as number) + EDGE));
        if (first <= last) visit(k, j * width + first, j * width + last + 1);
      }
    }
  }
}

/** Everything within `radius` millimetres of the way from one point to another: a stroke of a round brush. */
export function capsule(geometry: Geometry, way: { from: Vec3; to: Vec3; radius: number }, reach: Reach): Region {
  const grid = gridOf(geometry);
  const { radius } = way;
  const from = ontoSlice(geometry, way.from, reach);
  const to = ontoSlice(geometry, way.to, reach);
  const ends = [worldToVoxel(geometry, from), worldToVoxel(geometry, to)] as const;
  const reached = AXES.map((axis) => radius * Math.hypot(...(grid.inverse[axis] as Vec3)));
  const box = clampedBox(
    geometry,
    AXES.map((axis) => Math.min(ends[0][axis], ends[1][axis]) - (reached[axis] ?? 0)) as unknown as Vec3,
    AXES.map((axis) => Math.max(ends[0][axis], ends[1][axis]) + (reached[axis] ?? 0)) as unknown as Vec3,
    reach,
  );
  const axis = minus(to, from);
  const long = dot(axis, axis);
  return {
    ...box,
    spans: (j, k) => {
      const start = rowStart(grid, j, k);
      let span = hull(
        ballSpan(minus(start, from), grid.steps[0], radius),
        ballSpan(minus(start, to), grid.steps[0], radius),
      );
      if (long > 0) span = hull(span, barrelSpan(minus(start, from), grid.steps[0], { axis, long, radius }));
      return span ? withinReach(span, start, grid, reach) : [];
    },
  };
}

/** A plane with directions of length 1; `x` and `y` of a polygon are millimetres along `right` and `down` from `origin`. */
export interface Frame {
  readonly origin: Vec3;
  readonly right: Vec3;
  readonly down: Vec3;
}

export type PlanePoint = readonly [x: number, y: number];

/** What lies inside a polygon (even-odd) seen along the normal of its plane. */
export function prism(geometry: Geometry, frame: Frame, polygon: readonly PlanePoint[], reach: Reach): Region {
  const grid = gridOf(geometry);
  const box = reach.kind === "slice" ? sliceBox(geometry, polygon.map((point) => planeToWorld(frame, point)), reach) : wholeBox(geometry, reach);
  const step: PlanePoint = [dot(grid.steps[0], frame.right), dot(grid.steps[0], frame.down)];
  return {
    ...box,
    spans: (j, k) => {
      const start = rowStart(grid, j, k);
      const offset = minus(start, frame.origin);
      const row = polygonSpans(polygon, [dot(offset, frame.right), dot(offset, frame.down)], step);
      const limits = reach.kind === "slab" ? withinReach([-Infinity, Infinity], start, grid, reach) : null;
      return limits ? cut(row, limits) : row;
    },
  };
}

export function planeToWorld({ origin, right, down }: Frame, [x, y]: PlanePoint): Vec3 {
  return AXES.map((axis) => origin[axis] + right[axis] * x + down[axis] * y) as unknown as Vec3;
}

/** All voxels that a tool reaches. */
export function everything(geometry: Geometry, reach: Reach): Region {
  const grid = gridOf(geometry);
  const whole = [-Infinity, Infinity];
  return {
    ...wholeBox(geometry, reach),
    spans: (j, k) => (reach.kind === "slab" ? withinReach([-Infinity, Infinity], rowStart(grid, j, k), grid, reach) : whole),
  };
}

/** The voxels whose centers are nearest to the way: what a brush finer than a voxel still paints. */
export function forEachOnWay(geometry: Geometry, way: { from: Vec3; to: Vec3 }, reach: Reach, visit: Visit): void {
  const from = worldToVoxel(geometry, ontoSlice(geometry, way.from, reach));
  const to = worldToVoxel(geometry, ontoSlice(geometry, way.to, reach));
  const steps = Math.ceil(2 * Math.max(...AXES.map((axis) => Math.abs(to[axis] - from[axis]))));
  let last = "";
  for (let step = 0; step <= steps; step += 1) {
    const part = steps === 0 ? 0 : step / steps;
    const [i, j, k] = AXES.map((axis) => Math.round(from[axis] + (to[axis] - from[axis]) * part)) as [number, number, number];
    const key = `${i},${j},${k}`;
    const inside = [i, j, k].every((place, axis) => place >= 0 && place < geometry.size[axis as Axis]);
    if (key === last || !inside) continue;
    last = key;
    const at = j * geometry.size[0] + i;
    visit(k, at, at + 1);
  }
}

// The grid

interface Grid {
  readonly origin: Vec3;
  /** Millimetres from one voxel to the next along i, j and k. */
  readonly steps: readonly [Vec3, Vec3, Vec3];
  /** Rows: voxels per millimetre of patient space. */
  readonly inverse: readonly [Vec3, Vec3, Vec3];
}

function gridOf(geometry: Geometry): Grid {
  const steps = AXES.map((axis) => axisDirection(geometry, axis).map((part) => part * geometry.spacing[axis])) as unknown as Grid["steps"];
  const zero = worldToVoxel(geometry, [0, 0, 0]);
  const columns = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const).map((unit) => minus(worldToVoxel(geometry, unit), zero));
  const inverse = AXES.map((axis) => columns.map((column) => column[axis])) as unknown as Grid["inverse"];
  return { origin: geometry.origin, steps, inverse };
}

/** Where voxel (0, j, k) lies. */
function rowStart({ origin, steps }: Grid, j: number, k: number): Vec3 {
  const [, down, through] = steps;
  return [
    origin[0] + down[0] * j + through[0] * k,
    origin[1] + down[1] * j + through[1] * k,
    origin[2] + down[2] * j + through[2] * k,
  ];
}

/** The point moved along the voxel axis into the slice, so that a tilted pointer cannot miss it. */
function ontoSlice(geometry: Geometry, world: Vec3, reach: Reach): Vec3 {
  if (reach.kind !== "slice") return world;
  const voxel = [...worldToVoxel(geometry, world)] as [number, number, number];
  voxel[reach.axis] = reach.index;
  return voxelToWorld(geometry, voxel);
}

type Box = Pick<Region, "low" | "high">;

function clampedBox({ size }: Geometry, low: Vec3, high: Vec3, reach: Reach): Box {
  const first = AXES.map((axis) => Math.max(0, Math.ceil(low[axis] - EDGE)));
  const last = AXES.map((axis) => Math.min(size[axis] - 1, Math.floor(high[axis] + EDGE)));
  if (reach.kind === "slice") first[reach.axis] = last[reach.axis] = reach.index;
  const empty = AXES.some((axis) => (last[axis] ?? -1) < (first[axis] ?? 0)) || outside(size, reach);
  return { low: first as unknown as Vec3, high: (empty ? [-1, -1, -1] : last) as unknown as Vec3 };
}

function outside(size: Vec3, reach: Reach): boolean {
  return reach.kind === "slice" && (reach.index < 0 || reach.index >= size[reach.axis]);
}

function wholeBox(geometry: Geometry, reach: Reach): Box {
  const [i, j, k] = geometry.size;
  return clampedBox(geometry, [0, 0, 0], [i - 1, j - 1, k - 1], reach);
}

function sliceBox(geometry: Geometry, points: readonly Vec3[], reach: Reach): Box {
  const voxels = points.map((point) => worldToVoxel(geometry, point));
  if (voxels.length === 0) return { low: [0, 0, 0], high: [-1, -1, -1] };
  const low = AXES.map((axis) => Math.min(...voxels.map((voxel) => voxel[axis]))) as unknown as Vec3;
  const high = AXES.map((axis) => Math.max(...voxels.map((voxel) => voxel[axis]))) as unknown as Vec3;
  return clampedBox(geometry, low, high, reach);
}

// One row: the points `start + i * step`

type Span = readonly [low: number, high: number];

/** Where a row is at most `radius` from the origin of its coordinates. */
function ballSpan(start: Vec3, step: Vec3, radius: number): Span | null {
  const a = dot(step, step);
  const b = dot(start, step);
  const root = b * b - a * (dot(start, start) - radius * radius);
  if (root < -EDGE * a) return null;
  const half = Math.sqrt(Math.max(0, root));
  return [(-b - half) / a, (-b + half) / a];
}

/** Where a row is at most `radius` from an axis and beside it: the capsule without its ends. */
function barrelSpan(start: Vec3, step: Vec3, { axis, long, radius }: { axis: Vec3; long: number; radius: number }): Span | null {
  const [place, travel] = [dot(start, axis) / long, dot(step, axis) / long];
  const beside = linearSpan(place, travel, 0, 1);
  if (!beside) return null;
  const offset = AXES.map((n) => start[n] - axis[n] * place) as unknown as Vec3;
  const across = AXES.map((n) => step[n] - axis[n] * travel) as unknown as Vec3;
  if (dot(across, across) < 1e-18) return dot(offset, offset) <= radius * radius * (1 + EDGE) ? beside : null;
  const near = ballSpan(offset, across, radius);
  return near && overlap(near, beside);
}

/** Where `place + i * travel` lies between `low` and `high`. */
function linearSpan(place: number, travel: number, low: number, high: number): Span | null {
  if (Math.abs(travel) < 1e-12) return place >= low - EDGE && place <= high + EDGE ? [-Infinity, Infinity] : null;
  const ends = [(low - place) / travel, (high - place) / travel];
  return [Math.min(...ends), Math.max(...ends)];
}

function withinReach(span: Span, start: Vec3, grid: Grid, reach: Reach): readonly number[] {
  if (reach.kind !== "slab") return span;
  const place = dot(minus(start, reach.point), reach.normal);
  const near = linearSpan(place, dot(grid.steps[0], reach.normal), -reach.half, reach.half);
  return (near && overlap(span, near)) ?? [];
}

function overlap(a: Span, b: Span): Span | null {
  const span: Span = [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  return span[0] <= span[1] + EDGE ? span : null;
}

/** From the first to the last of both; both belong to one convex shape. */
function hull(a: Span | null, b: Span | null): Span | null {
  if (!a || !b) return a ?? b;
  return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}

function cut(spans: readonly number[], limits: readonly number[]): readonly number[] {
  const [low = 1, high = 0] = limits;
  const out: number[] = [];
  for (let n = 0; n + 1 < spans.length; n += 2) {
    const part = overlap([spans[n] as number, spans[n + 1] as number], [low, high]);
    if (part) out.push(...part);
  }
  return out;
}

/** Where the line `start + i * step` is inside the polygon. Each edge holds its lower end and not its upper one. */
function polygonSpans(polygon: readonly PlanePoint[], start: PlanePoint, step: PlanePoint): readonly number[] {
  const long = step[0] * step[0] + step[1] * step[1];
  // The row looks straight through the plane: all of it is inside, or nothing.
  if (long < 1e-18) return inPolygon(polygon, start) ? [-Infinity, Infinity] : [];
  const crossings: number[] = [];
  const sideOf = ([x, y]: PlanePoint): number => (x - start[0]) * step[1] - (y - start[1]) * step[0];
  let before = polygon[polygon.length - 1] as PlanePoint;
  let beforeSide = polygon.length > 0 ? sideOf(before) : 0;
  for (const point of polygon) {
    const side = sideOf(point);
    if (beforeSide < 0 !== side < 0) {
      const part = beforeSide / (beforeSide - side);
      const [x, y] = [before[0] + (point[0] - before[0]) * part, before[1] + (point[1] - before[1]) * part];
      crossings.push(((x - start[0]) * step[0] + (y - start[1]) * step[1]) / long);
    }
    before = point;
    beforeSide = side;
  }
  return crossings.sort((a, b) => a - b);
}

function inPolygon(polygon: readonly PlanePoint[], point: PlanePoint): boolean {
  const right = polygonSpans(polygon, point, [1, 0]);
  return right.filter((place) => place >= 0).length % 2 === 1;
}

function minus(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
