/** Voxel index space (i, j, k) and patient space (LPS, millimetres). */

import type { LayerMeta, Vec3 } from "./meta";

export type Geometry = Pick<LayerMeta, "size" | "spacing" | "origin" | "direction">;
export type Axis = 0 | 1 | 2;

const AXES: readonly Axis[] = [0, 1, 2];
/** Letter at the positive and at the negative end of each LPS axis. */
const LETTERS = [
  ["L", "R"],
  ["P", "A"],
  ["S", "I"],
] as const;
/** A second letter is shown from about 6 degrees of tilt. */
const TILT_SHOWN = 0.1;

/** LPS unit vector along voxel axis `axis`. */
export function axisDirection(geometry: Geometry, axis: Axis): Vec3 {
  const d = geometry.direction;
  return [d[axis] ?? 0, d[axis + 3] ?? 0, d[axis + 6] ?? 0];
}

export function voxelToWorld(geometry: Geometry, voxel: Vec3): Vec3 {
  const world = [...geometry.origin] as [number, number, number];
  for (const axis of AXES) {
    const direction = axisDirection(geometry, axis);
    const millimetres = voxel[axis] * geometry.spacing[axis];
    for (const row of AXES) world[row] += direction[row] * millimetres;
  }
  return world;
}

/** Inverse of {@link voxelToWorld}; fractional. Works for any invertible direction matrix, not only orthonormal ones. */
export function worldToVoxel(geometry: Geometry, world: Vec3): Vec3 {
  const rows = invert3(geometry.direction);
  const offset = AXES.map((axis) => world[axis] - geometry.origin[axis]);
  return AXES.map((axis) => {
    const [a = 0, b = 0, c = 0] = rows.slice(axis * 3, axis * 3 + 3);
    const millimetres = a * (offset[0] ?? 0) + b * (offset[1] ?? 0) + c * (offset[2] ?? 0);
    return millimetres / geometry.spacing[axis];
  }) as unknown as Vec3;
}

function invert3(m: readonly number[]): readonly number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m;
  const A = e * i - f * h;
  const B = f * g - d * i;
  const C = d * h - e * g;
  const det = a * A + b * B + c * C;
  if (Math.abs(det) < 1e-9) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  return [A, c * h - b * i, b * f - c * e, B, a * i - c * g, c * d - a * f, C, b * g - a * h, a * e - b * d].map(
    (value) => value / det,
  );
}

/**
 * Letters for a direction in patient space, strongest first: `L`, `PS`, ….
 * DICOM PS3.3 C.7.6.1.1.1 writes Patient Orientation the same way.
 */
export function orientationLabel(direction: Vec3): string {
  return AXES.filter((axis) => Math.abs(direction[axis]) > TILT_SHOWN)
    .sort((a, b) => Math.abs(direction[b]) - Math.abs(direction[a]))
    .map((axis) => LETTERS[axis][direction[axis] > 0 ? 0 : 1])
    .join("");
}

/** A coordinate as people say it: `L 12.3`. */
export function positionLabel(axis: Axis, millimetres: number, digits = 1): string {
  const rounded = Number(millimetres.toFixed(digits));
  return `${LETTERS[axis][rounded >= 0 ? 0 : 1]} ${Math.abs(rounded).toFixed(digits)}`;
}

/**
 * The voxel axis closest to each patient axis: entry 0 runs left-right, 1 front-back, 2 head-foot.
 * Each voxel axis is used once; the best total fit wins, so steep obliques get a stable answer.
 */
export function anatomicalAxes(geometry: Geometry): readonly [Axis, Axis, Axis] {
  const orders: [Axis, Axis, Axis][] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const fit = (order: readonly Axis[]): number =>
    order.reduce<number>((sum, axis, row) => sum + Math.abs(axisDirection(geometry, axis)[row as Axis]), 0);
  return orders.reduce((best, order) => (fit(order) > fit(best) + 1e-6 ? order : best));
}

const MILLIMETRE_TOLERANCE = 0.01;
const COSINE_TOLERANCE = 1e-3;

/** Whether two grids share every voxel, within a hundredth of a millimetre. */
export function sameGrid(a: Geometry, b: Geometry): boolean {
  const close = (x: readonly number[], y: readonly number[], tolerance: number): boolean =>
    x.length === y.length && x.every((value, index) => Math.abs(value - (y[index] ?? NaN)) <= tolerance);
  return (
    close(a.size, b.size, 0) &&
    close(a.spacing, b.spacing, MILLIMETRE_TOLERANCE) &&
    close(a.origin, b.origin, MILLIMETRE_TOLERANCE) &&
    close(a.direction, b.direction, COSINE_TOLERANCE)
  );
}
