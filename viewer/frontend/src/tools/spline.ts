/**
 * Curves through the places that a reader gave: Catmull-Rom splines with uniform steps. Each part depends on four
 * places alone, so moving one leaves the rest of the curve where it is.
 */

import type { Vec3 } from "../core/meta";
import { distance } from "./geometry";

/** Points per part, its first place counted and its last one not. */
export const STEPS = 16;

/** Points of the curve between each two neighbors, both ends included; a closed curve has a part from the last to the first. */
export function splineParts(places: readonly Vec3[], closed: boolean): readonly (readonly Vec3[])[] {
  const count = places.length;
  const at = (index: number): Vec3 => {
    if (closed) return places[(index + count) % count] as Vec3;
    return places[Math.min(count - 1, Math.max(0, index))] as Vec3;
  };
  return Array.from({ length: closed ? count : count - 1 }, (_, part) => {
    const around = [at(part - 1), at(part), at(part + 1), at(part + 2)] as const;
    return Array.from({ length: STEPS + 1 }, (_unused, step) => pointOn(around, step / STEPS));
  });
}

/** All points of the curve in order; a closed one does not repeat its start. */
export function splinePoints(places: readonly Vec3[], closed: boolean): readonly Vec3[] {
  if (places.length < 2) return places;
  const parts = splineParts(places, closed);
  const points = parts.flatMap((part) => part.slice(0, -1));
  return closed ? points : [...points, places.at(-1) as Vec3];
}

/** The places behind a closed curve that was made here; null when it is another curve. */
export function placesOfSpline(points: readonly Vec3[]): readonly Vec3[] | null {
  if (points.length < 3 * STEPS || points.length % STEPS !== 0) return null;
  const places = points.filter((_, index) => index % STEPS === 0);
  const again = splinePoints(places, true);
  return again.every((point, index) => distance(point, points[index] as Vec3) < TOLERANCE) ? places : null;
}

/** Millimetres that rounding on the way may take. */
const TOLERANCE = 0.01;

function pointOn([a, b, c, d]: readonly [Vec3, Vec3, Vec3, Vec3], share: number): Vec3 {
  // The ends to the last digit.
  if (share === 0) return b;
  if (share === 1) return c;
  const mix = (axis: 0 | 1 | 2): number => {
    const [p, q, r, s] = [a[axis], b[axis], c[axis], d[axis]];
    const linear = r - p;
    const square = 2 * p - 5 * q + 4 * r - s;
    const cubic = 3 * (q - r) + s - p;
    return q + 0.5 * share * (linear + share * (square + share * cubic));
  };
  return [mix(0), mix(1), mix(2)];
}
