/** Small geometry that tools share. Points are LPS millimetres. */

import type { Vec3 } from "../core/meta";
import type { Facing } from "../render/sections";
import { add, along, cross, dot, length, scale, subtract, unit } from "../render/vectors";

/** Places closer than this are one place. */
export const SAME_PLACE = 1e-6;

export function distance(a: Vec3, b: Vec3): number {
  return length(subtract(b, a));
}

export function middle(a: Vec3, b: Vec3): Vec3 {
  return scale(add(a, b), 0.5);
}

/** Point at `share` of the way from `a` to `b`. */
export function between(a: Vec3, b: Vec3, share: number): Vec3 {
  return along(a, subtract(b, a), share);
}

export function centroid(points: readonly Vec3[]): Vec3 {
  const sum = points.reduce<Vec3>((total, point) => add(total, point), [0, 0, 0]);
  return scale(sum, 1 / Math.max(1, points.length));
}

/** Where a point lies from the plane, in millimetres along its normal. */
export function height({ facing, point }: { readonly facing: Facing; readonly point: Vec3 }, world: Vec3): number {
  return dot(subtract(world, point), facing.normal);
}

export function rightOfFacing({ normal, up }: Facing): Vec3 {
  return cross(up, normal);
}

/** Corners of the upright rectangle between two places of a plane, in order around. */
export function rectangleBetween(a: Vec3, b: Vec3, facing: Facing): readonly [Vec3, Vec3, Vec3, Vec3] {
  const across = rightOfFacing(facing);
  const offset = subtract(b, a);
  const side = scale(across, dot(offset, across));
  // The rest of the way, so that the far corner is the far place to the last digit.
  return [a, add(a, side), b, along(b, side, -1)];
}

/** Sum of the lengths of all steps. */
export function pathLength(points: readonly Vec3[], closed = false): number {
  let total = 0;
  for (let index = 1; index < points.length; index += 1) total += distance(points[index - 1] as Vec3, points[index] as Vec3);
  const [first] = points;
  const last = points.at(-1);
  return closed && first && last ? total + distance(last, first) : total;
}

/** Twice the vector area of a closed outline: its direction is the normal, its length twice the area. */
function doubleArea(points: readonly Vec3[]): Vec3 {
  const [origin] = points;
  if (!origin) return [0, 0, 0];
  let sum: Vec3 = [0, 0, 0];
  for (let index = 1; index + 1 < points.length; index += 1) {
    sum = add(sum, cross(subtract(points[index] as Vec3, origin), subtract(points[index + 1] as Vec3, origin)));
  }
  return sum;
}

/** Square millimetres inside a flat outline that does not cross itself. */
export function areaOf(points: readonly Vec3[]): number {
  return length(doubleArea(points)) / 2;
}

/** Unit normal of a flat outline; `fallback` when it encloses nothing. */
export function normalOf(points: readonly Vec3[], fallback: Vec3): Vec3 {
  return unit(doubleArea(points), fallback);
}

/** Degrees between two directions, 0 to 180; null where one has no length. */
export function degreesBetween(a: Vec3, b: Vec3): number | null {
  const lengths = length(a) * length(b);
  if (lengths === 0) return null;
  // More exact for small and large angles than the arc cosine.
  return (Math.atan2(length(cross(a, b)), dot(a, b)) * 180) / Math.PI;
}

/** The ellipse on two half axes, as so many points in order around. */
export function ellipsePoints(center: Vec3, first: Vec3, second: Vec3, count: number): readonly Vec3[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (index * 2 * Math.PI) / count;
    return along(along(center, first, Math.cos(angle)), second, Math.sin(angle));
  });
}

/** The same list with one entry replaced. */
export function replaceAt<T>(list: readonly T[], index: number, entry: T): readonly T[] {
  return list.map((each, place) => (place === index ? entry : each));
}

/** Leaves out points that repeat the one before. */
export function withoutRepeats(points: readonly Vec3[]): readonly Vec3[] {
  return points.filter((point, index) => index === 0 || distance(point, points[index - 1] as Vec3) > SAME_PLACE);
}
