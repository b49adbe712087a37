/** Affine maps from device pixels to texels. */

import type { Plane } from "../core/planes";
import { type Stage, type View, pixelsPerMillimetre } from "../core/view-transform";

export type Row = readonly [number, number, number];

export interface Placement {
  /** Coefficients of (x, y, 1), device pixels from the bottom left, for the texture's column and row. */
  readonly columnOf: Row;
  readonly rowOf: Row;
  readonly fullSize: readonly [number, number];
  /** Full-resolution texels per device pixel along the coarser axis. */
  readonly shrink: number;
  /** Device pixels that the picture covers: left, bottom, width, height. */
  readonly cover: readonly [number, number, number, number];
}

/** Voxel axes along the texture's columns and rows: (i, j) for stored slices, (i or j, k) for cuts. */
export function textureAxes(plane: Plane): readonly [number, number] {
  if (plane.normal === 2) return [0, 1];
  return [plane.normal === 1 ? 0 : 1, 2];
}

export function placePicture(plane: Plane, stage: Stage, view: View, pixelRatio: number): Placement {
  const scale = pixelsPerMillimetre(plane, stage, view) * pixelRatio;
  const across = line({
    count: plane.width,
    perDevicePixel: 1 / (plane.pixelWidth * scale),
    center: (stage.width / 2 + view.panX) * pixelRatio,
    flip: plane.flipAcross,
  });
  // Device rows run upwards, picture rows downwards.
  const down = line({
    count: plane.height,
    perDevicePixel: -1 / (plane.pixelHeight * scale),
    center: (stage.height / 2 - view.panY) * pixelRatio,
    flip: plane.flipDown,
  });
  const acrossRow: Row = [across.slope, 0, across.offset];
  const downRow: Row = [0, down.slope, down.offset];
  const straight = textureAxes(plane)[0] === plane.across;
  return {
    columnOf: straight ? acrossRow : downRow,
    rowOf: straight ? downRow : acrossRow,
    fullSize: straight ? [plane.width, plane.height] : [plane.height, plane.width],
    shrink: Math.max(Math.abs(across.slope), Math.abs(down.slope)),
    cover: coverOf(across, plane.width, down, plane.height),
  };
}

interface Line {
  readonly count: number;
  readonly perDevicePixel: number;
  /** Device pixel on which the middle of the picture lies. */
  readonly center: number;
  readonly flip: boolean;
}

/** Whole device pixels from edge to edge of the picture, one more on each side for rounding. */
function coverOf(across: Affine, width: number, down: Affine, height: number): Placement["cover"] {
  const [left, columns] = span(across, width);
  const [bottom, rows] = span(down, height);
  return [left, bottom, columns, rows];
}

function span({ slope, offset }: Affine, count: number): readonly [start: number, length: number] {
  const ends = [(-0.5 - offset) / slope, (count - 0.5 - offset) / slope];
  const start = Math.floor(Math.min(...ends)) - 1;
  return [start, Math.ceil(Math.max(...ends)) + 1 - start];
}

interface Affine {
  readonly slope: number;
  readonly offset: number;
}

function line({ count, perDevicePixel, center, flip }: Line): Affine {
  const middle = (count - 1) / 2;
  const slope = flip ? -perDevicePixel : perDevicePixel;
  return { slope, offset: middle - slope * center };
}
