/** Where stored voxels lie on the stage. Pure. */

import { type Plane, storedPlane, planeOf } from "../core/planes";
import type { LayerMeta } from "../core/meta";
import { FITTED, type Stage, pixelsPerMillimetre } from "../core/view-transform";

/** As for `CanvasRenderingContext2D.setTransform`: x' = a x + c y + e, y' = b x + d y + f. */
export type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** From voxels (i, j) of a stored slice, edges at integers, to the stage on which its plane is fitted. */
export function storedTransform(meta: LayerMeta, stage: Stage): Transform {
  const plane = planeOf(meta, storedPlane(meta));
  const scale = pixelsPerMillimetre(plane, stage, FITTED);
  const [right, down] = steps(plane, scale);
  const [columns, rows] = meta.size;
  const [a, b, c, d] = plane.across === 0 ? [right, 0, 0, down] : [0, down, right, 0];
  return [
    a, b, c, d,
    stage.width / 2 - (a * columns + c * rows) / 2,
    stage.height / 2 - (b * columns + d * rows) / 2,
  ];
}

function steps(plane: Plane, scale: number): readonly [right: number, down: number] {
  return [
    plane.pixelWidth * scale * (plane.flipAcross ? -1 : 1),
    plane.pixelHeight * scale * (plane.flipDown ? -1 : 1),
  ];
}
