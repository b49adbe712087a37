/** Planes through a voxel grid: how they face the reader, and which slices they have. */

import { type Axis, type Geometry, axisDirection, voxelToWorld, worldToVoxel } from "../core/geometry";
import type { Vec3 } from "../core/meta";
import { type Plane, type PlaneName, STORED_AXIS, planeOf, storedPlane } from "../core/planes";
import { across, add, cross, dot, negate, scale, unit } from "./vectors";

/** A plane's directions: `normal` points at the reader, `up` to the top of an unturned picture. */
export interface Facing {
  readonly normal: Vec3;
  readonly up: Vec3;
}

/** `stored` is the plane of the slices as they were acquired; the three names are the voxel planes closest to them. */
export type Orientation = "stored" | PlaneName | "oblique";

const AXES: readonly Axis[] = [0, 1, 2];

export function rightOf({ normal, up }: Facing): Vec3 {
  return cross(up, normal);
}

/** The same plane with directions of length 1 at right angles to each other. */
export function squared({ normal, up }: Facing): Facing {
  const n = unit(normal);
  const spare: Vec3 = Math.abs(n[2]) < 0.9 ? [0, 0, 1] : [0, -1, 0];
  return { normal: n, up: across(up, n, across(spare, n, [1, 0, 0])) };
}

/** The voxel plane behind a name; none behind an oblique one. */
export function namedPlane(geometry: Geometry, orientation: Orientation): Plane | null {
  if (orientation === "oblique") return null;
  return planeOf(geometry, orientation === "stored" ? storedPlane(geometry) : orientation);
}

/** Whether the plane shows stored slices as they are. */
export function isStored(geometry: Geometry, orientation: Orientation): boolean {
  return namedPlane(geometry, orientation)?.normal === STORED_AXIS;
}

/**
 * How a named plane faces the reader: the radiological way round, or (`oriented` false: photographs,
 * projections) as the pixels lie.
 */
export function facingOf(geometry: Geometry, orientation: Exclude<Orientation, "oblique">, oriented: boolean): Facing {
  const plane = namedPlane(geometry, orientation) as Plane;
  const asStored = !oriented && plane.normal === STORED_AXIS;
  const right = signed(geometry, asStored ? 0 : plane.across, !asStored && plane.flipAcross);
  const down = signed(geometry, asStored ? 1 : plane.down, !asStored && plane.flipDown);
  return squared({ normal: cross(right, negate(down)), up: negate(down) });
}

function signed(geometry: Geometry, axis: Axis, flip: boolean): Vec3 {
  const direction = axisDirection(geometry, axis);
  return flip ? negate(direction) : direction;
}

/** World center of the voxel grid. */
export function centerOf(geometry: Geometry): Vec3 {
  const [i, j, k] = geometry.size;
  return voxelToWorld(geometry, [(i - 1) / 2, (j - 1) / 2, (k - 1) / 2]);
}

/** Millimetres that the grid, voxel edges included, extends along a unit vector. */
export function extentAlong(geometry: Geometry, direction: Vec3): number {
  return AXES.reduce<number>((sum, axis) => sum + geometry.size[axis] * shareOf(geometry, axis, direction), 0);
}

function shareOf(geometry: Geometry, axis: Axis, direction: Vec3): number {
  return geometry.spacing[axis] * Math.abs(dot(axisDirection(geometry, axis), direction));
}

/** The slices of a pane: how many, which one, and how far apart. */
export interface SliceRange {
  readonly count: number;
  readonly index: number;
  /** Millimetres from one slice to the next along the normal. */
  readonly step: number;
}

export function sliceRange(geometry: Geometry, orientation: Orientation, facing: Facing, focus: Vec3): SliceRange {
  const plane = namedPlane(geometry, orientation);
  if (plane) {
    const index = Math.round(worldToVoxel(geometry, focus)[plane.normal]);
    return { count: plane.count, index: clamp(index, plane.count), step: geometry.spacing[plane.normal] };
  }
  const { first, step, count } = obliqueRange(geometry, facing.normal);
  return { count, index: clamp(Math.round((dot(focus, facing.normal) - first) / step), count), step };
}

/** The focus after going to slice `index`: it only moves along the plane's own axis. */
export function focusOn(options: {
  readonly geometry: Geometry;
  readonly orientation: Orientation;
  readonly facing: Facing;
  readonly focus: Vec3;
  readonly index: number;
}): Vec3 {
  const { geometry, orientation, facing, focus, index } = options;
  const plane = namedPlane(geometry, orientation);
  if (plane) {
    const voxel = [...worldToVoxel(geometry, focus)] as [number, number, number];
    voxel[plane.normal] = clamp(Math.round(index), plane.count);
    return voxelToWorld(geometry, voxel);
  }
  const { first, step, count } = obliqueRange(geometry, facing.normal);
  const target = first + clamp(Math.round(index), count) * step;
  return add(focus, scale(facing.normal, target - dot(focus, facing.normal)));
}

/** Slices of an oblique plane are as far apart as voxels are along its normal. */
function obliqueRange(geometry: Geometry, normal: Vec3): { first: number; step: number; count: number } {
  const step = Math.hypot(...AXES.map((axis) => shareOf(geometry, axis, normal)));
  const reach = AXES.reduce<number>(
    (sum, axis) => sum + (geometry.size[axis] - 1) * shareOf(geometry, axis, normal),
    0,
  );
  const count = Math.max(1, Math.floor(reach / step + 1e-6) + 1);
  return { first: dot(centerOf(geometry), normal) - ((count - 1) * step) / 2, step, count };
}

function clamp(index: number, count: number): number {
  return Math.min(count - 1, Math.max(0, index));
}

/** The point itself if it lies in the grid, else the nearest one in it (voxel centers included). */
export function insideOf(geometry: Geometry, world: Vec3): Vec3 {
  const voxel = worldToVoxel(geometry, world);
  const inside = AXES.map((axis) => Math.min(geometry.size[axis] - 1, Math.max(0, voxel[axis])));
  return inside.every((value, axis) => value === voxel[axis as Axis])
    ? world
    : voxelToWorld(geometry, inside as unknown as Vec3);
}

export function contains(geometry: Geometry, world: Vec3): boolean {
  const voxel = worldToVoxel(geometry, world);
  return AXES.every((axis) => voxel[axis] >= -0.5 && voxel[axis] < geometry.size[axis] - 0.5);
}

/**
 * Whether two images can be taken to share one patient space: the server does not tell the frame of reference,
 * so what counts is that one holds the center of the other.
 */
export function sharesSpace(a: Geometry, b: Geometry): boolean {
  return contains(a, centerOf(b)) || contains(b, centerOf(a));
}
