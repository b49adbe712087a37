/** Values under the cursor. */

import type { Layer } from "./layer";
import type { Vec3 } from "./meta";

export interface Sample {
  readonly values: readonly number[];
  /** False while only a preview of the slice is decoded: the value is then an average around the voxel. */
  readonly exact: boolean;
}

/** Value of the voxel nearest to `voxel`, or null outside the grid or before anything is loaded. */
export function sampleAt(layer: Layer, voxel: Vec3, timepoint: number): Sample | null {
  const [i, j, k] = voxel.map(Math.round) as [number, number, number];
  const [columns, rows, depth] = layer.meta.size;
  if (i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= depth) return null;
  const slice = layer.store.best(layer.sliceAt(k, timepoint));
  if (!slice) return null;
  const x = Math.min(Math.round(i / slice.stride), slice.width - 1);
  const y = Math.min(Math.round(j / slice.stride), slice.height - 1);
  const at = (y * slice.width + x) * layer.meta.components;
  const values = Array.from(slice.pixels.subarray(at, at + layer.meta.components));
  return { values, exact: slice.stride === 1 };
}
