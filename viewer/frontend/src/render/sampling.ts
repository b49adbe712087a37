/** Values of an image at a point, read from the slices themselves and never from the screen. */

import type { Layer } from "../core/layer";
import type { Vec3 } from "../core/meta";
import type { DecodedSlice } from "../core/pixels";
import type { Sample } from "../core/sample";
import type { Interpolation } from "./scene";

/**
 * Value at a fractional voxel: the nearest voxel's, or trilinear between the eight around it. Half a voxel beyond the
 * outermost centers still belongs to the image and has the value of its edge, as in ITK. Null outside, and before every
 * slice that is needed is there.
 */
export function sampleVoxel(layer: Layer, voxel: Vec3, timepoint: number, interpolation: Interpolation): Sample | null {
  const { size } = layer.meta;
  if (voxel.some((place, axis) => place < -0.5 || place >= (size[axis as 0 | 1 | 2]) - 0.5)) return null;
  const [x, y, z] = voxel.map((place, axis) => clamped(place, size[axis as 0 | 1 | 2])) as [number, number, number];
  if (interpolation === "nearest") return inSlice(layer, Math.round(x), Math.round(y), Math.round(z), timepoint);
  const low = Math.floor(z + SNAP);
  const part = z - low;
  const below = inSlice(layer, x, y, low, timepoint);
  if (part < SNAP || !below) return below;
  const above = inSlice(layer, x, y, low + 1, timepoint);
  if (!above) return null;
  const values = below.values.map((value, c) => value + ((above.values[c] ?? value) - value) * part);
  return { values, exact: below.exact && above.exact };
}

/** Rounding of matrices: a plane through voxel centers is not to be mixed with the next one. */
const SNAP = 1e-6;

function clamped(place: number, count: number): number {
  return Math.min(count - 1, Math.max(0, place));
}

function inSlice(layer: Layer, x: number, y: number, k: number, timepoint: number): Sample | null {
  const slice = layer.store.best(layer.sliceAt(k, timepoint));
  if (!slice) return null;
  return { values: bilinear(slice, x / slice.stride, y / slice.stride, layer.meta.components), exact: slice.stride === 1 };
}

function bilinear(slice: DecodedSlice, x: number, y: number, components: number): number[] {
  const [left, right, across] = between(x, slice.width);
  const [top, bottom, down] = between(y, slice.height);
  return Array.from({ length: components }, (_, c) => {
    const at = (column: number, row: number): number =>
      slice.pixels[(row * slice.width + column) * components + c] as number;
    const upper = mix(at(left, top), at(right, top), across);
    return mix(upper, mix(at(left, bottom), at(right, bottom), across), down);
  });
}

/** Without a part of the second value, so that a hole beside a voxel does not spread to it. */
function mix(a: number, b: number, part: number): number {
  return part === 0 ? a : a + (b - a) * part;
}

function between(place: number, count: number): readonly [low: number, high: number, part: number] {
  const inside = clamped(place, count);
  const low = Math.min(count - 1, Math.floor(inside + SNAP));
  const part = inside - low;
  return [low, Math.min(low + 1, count - 1), part < SNAP ? 0 : part];
}
