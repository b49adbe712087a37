/** Where a segment is best seen. */

import type { Vec3 } from "../meta";
import type { LabelMap } from "./label-map";

/** A voxel in the middle of the slice that bears most of a label; null where none bears it. */
export function middleOf(map: LabelMap, label: number): Vec3 | null {
  const [width] = map.size;
  let best = { k: -1, count: 0 };
  for (let k = 0; k < map.size[2]; k += 1) {
    if (!map.has(k)) continue;
    let count = 0;
    for (const value of map.slice(k)) count += Number(value === label);
    if (count > best.count) best = { k, count };
  }
  if (best.count === 0) return null;
  let [x, y] = [0, 0];
  map.slice(best.k).forEach((value, at) => {
    if (value !== label) return;
    x += at % width;
    y += Math.floor(at / width);
  });
  return [Math.round(x / best.count), Math.round(y / best.count), best.k];
}
