/**
 * Cuts through the stored slices: the picture of a plane whose normal is voxel axis i or j.
 * Column = the other in-plane voxel axis at full resolution, row = stored slice k.
 * Slices that only have a preview are interpolated; missing ones stay at the fill value.
 */

import type { DecodedSlice, Pixels } from "./pixels";

export interface Cut {
  /** 0 cuts across i (columns are j), 1 across j (columns are i). */
  readonly normal: 0 | 1;
  /** Voxel index along the normal. */
  readonly index: number;
  readonly components: number;
  /** Label maps take the nearest value, never a mean of labels. */
  readonly labels: boolean;
}

export function cutRow(cut: Cut, slice: DecodedSlice, out: Pixels, row: number, columns: number): void {
  const start = row * columns * cut.components;
  const target = out.subarray(start, start + columns * cut.components);
  if (slice.stride === 1) copyLine(cut, slice, target, columns);
  else if (cut.labels) nearestLine(cut, slice, target, columns);
  else interpolateLine(cut, slice, target, columns);
}

/** Offsets (in pixels) from one column to the next and from one cut index to the next. */
function steps(cut: Cut, slice: DecodedSlice): { along: number; across: number; size: number; depth: number } {
  return cut.normal === 1
    ? { along: 1, across: slice.width, size: slice.width, depth: slice.height }
    : { along: slice.width, across: 1, size: slice.height, depth: slice.width };
}

function copyLine(cut: Cut, slice: DecodedSlice, target: Pixels, columns: number): void {
  const { along, across } = steps(cut, slice);
  const { components } = cut;
  const base = cut.index * across * components;
  if (along === 1) {
    target.set(slice.pixels.subarray(base, base + columns * components));
    return;
  }
  const stride = along * components;
  for (let column = 0, at = base; column < columns; column += 1, at += stride) {
    for (let c = 0; c < components; c += 1) {
      target[column * components + c] = slice.pixels[at + c] as number;
    }
  }
}

function nearestLine(cut: Cut, slice: DecodedSlice, target: Pixels, columns: number): void {
  const { along, across, size, depth } = steps(cut, slice);
  const { components } = cut;
  const line = Math.min(Math.round(cut.index / slice.stride), depth - 1) * across;
  for (let column = 0; column < columns; column += 1) {
    const at = line + Math.min(Math.round(column / slice.stride), size - 1) * along;
    for (let c = 0; c < components; c += 1) {
      target[column * components + c] = slice.pixels[at * components + c] as number;
    }
  }
}

function interpolateLine(cut: Cut, slice: DecodedSlice, target: Pixels, columns: number): void {
  const { along, across, size, depth } = steps(cut, slice);
  const { components } = cut;
  const y = Math.min(cut.index / slice.stride, depth - 1);
  const y0 = Math.floor(y);
  const fy = y - y0;
  const near = y0 * across;
  const far = Math.min(y0 + 1, depth - 1) * across;
  const { pixels } = slice;
  for (let column = 0; column < columns; column += 1) {
    const x = Math.min(column / slice.stride, size - 1);
    const x0 = Math.floor(x);
    const fx = x - x0;
    const left = x0 * along;
    const right = Math.min(x0 + 1, size - 1) * along;
    for (let c = 0; c < components; c += 1) {
      const at = (pixel: number): number => pixels[pixel * components + c] as number;
      const top = at(near + left) * (1 - fx) + at(near + right) * fx;
      const bottom = at(far + left) * (1 - fx) + at(far + right) * fx;
      target[column * components + c] = top * (1 - fy) + bottom * fy;
    }
  }
}
