/** Voxel planes of a label map as pictures: x runs along the lower of the two other voxel axes, y along the higher. */

import type { Axis } from "../geometry";
import type { Vec3 } from "../meta";
import type { Edit } from "./edit";
import type { LabelMap } from "./label-map";

export interface SheetPlace {
  /** Voxel axis through the plane. */
  readonly axis: Axis;
  readonly index: number;
}

const OTHERS: readonly (readonly [Axis, Axis])[] = [[1, 2], [0, 2], [0, 1]];

/** The voxel axes along the picture. */
export function axesOf(axis: Axis): readonly [across: Axis, down: Axis] {
  return OTHERS[axis] as readonly [Axis, Axis];
}

/** 1 where a voxel of the plane bears `label`. */
export function readSheet(map: LabelMap, { axis, index }: SheetPlace, label: number): Uint8Array {
  const [across, down] = axesOf(axis);
  const [width, height] = [map.size[across], map.size[down]];
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const { k, start, stride } = rowOf(map.size, { axis, index }, y);
    if (!map.has(k)) continue;
    const labels = map.slice(k);
    for (let x = 0; x < width; x += 1) out[y * width + x] = Number(labels[start + x * stride] === label);
  }
  return out;
}

/** Writes a label over the pixels `from` … `to` (not included) of row `y`. */
export function writeRow(edit: Edit, size: Vec3, place: SheetPlace, row: { y: number; from: number; to: number; label: number }): void {
  const { k, start, stride } = rowOf(size, place, row.y);
  if (stride === 1) {
    edit.run(k, start + row.from, start + row.to, row.label);
    return;
  }
  for (let x = row.from; x < row.to; x += 1) edit.run(k, start + x * stride, start + x * stride + 1, row.label);
}

/** Where the pixels of a row lie: slice, first voxel in it, and voxels from one to the next. */
function rowOf([width]: Vec3, { axis, index }: SheetPlace, y: number): { k: number; start: number; stride: number } {
  if (axis === 2) return { k: index, start: y * width, stride: 1 };
  if (axis === 1) return { k: y, start: index * width, stride: 1 };
  return { k: y, start: index, stride: width };
}
