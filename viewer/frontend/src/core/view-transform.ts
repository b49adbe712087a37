/** Where a plane's picture lies on the screen. Screen coordinates are CSS pixels from the top left of the stage. */

import type { Plane } from "./planes";

export interface View {
  /** 1 fits the whole picture into the stage. */
  readonly zoom: number;
  /** Offset of the picture's center from the stage's center. */
  readonly panX: number;
  readonly panY: number;
}

export interface Stage {
  readonly width: number;
  readonly height: number;
}

export const FITTED: View = { zoom: 1, panX: 0, panY: 0 };
const MIN_ZOOM = 0.2;
const MAX_ZOOM = 40;
/** Part of the stage that a fitted picture fills; the rest keeps labels readable. */
const FIT_SHARE = 0.92;

type Point = readonly [number, number];

export function pixelsPerMillimetre(plane: Plane, stage: Stage, view: View): number {
  const fit = Math.min(
    stage.width / (plane.width * plane.pixelWidth),
    stage.height / (plane.height * plane.pixelHeight),
  );
  return fit * FIT_SHARE * view.zoom;
}

/** Picture pixel (centers at integers) to screen. */
export function toScreen(plane: Plane, stage: Stage, view: View, [x, y]: Point): Point {
  const scale = pixelsPerMillimetre(plane, stage, view);
  return [
    stage.width / 2 + view.panX + (x - (plane.width - 1) / 2) * plane.pixelWidth * scale,
    stage.height / 2 + view.panY + (y - (plane.height - 1) / 2) * plane.pixelHeight * scale,
  ];
}

/** Inverse of {@link toScreen}; fractional. */
export function toPicture(plane: Plane, stage: Stage, view: View, [x, y]: Point): Point {
  const scale = pixelsPerMillimetre(plane, stage, view);
  return [
    (x - stage.width / 2 - view.panX) / (plane.pixelWidth * scale) + (plane.width - 1) / 2,
    (y - stage.height / 2 - view.panY) / (plane.pixelHeight * scale) + (plane.height - 1) / 2,
  ];
}

/** Zooms so that what lies under (x, y) stays there. */
export function zoomAt(view: View, stage: Stage, factor: number, [x, y]: Point): View {
  const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, view.zoom * factor));
  const change = zoom / view.zoom;
  const fromCenterX = x - stage.width / 2;
  const fromCenterY = y - stage.height / 2;
  return {
    zoom,
    panX: fromCenterX - (fromCenterX - view.panX) * change,
    panY: fromCenterY - (fromCenterY - view.panY) * change,
  };
}

export function panBy(view: View, dx: number, dy: number): View {
  return { ...view, panX: view.panX + dx, panY: view.panY + dy };
}

const NICE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** The longest round length (mm) whose bar is at most `maxPixels` long, in tenths and hundredths too when zoomed far in. */
export function scaleBarLength(pixelsPerMm: number, maxPixels: number): number {
  const lengths = [...NICE.map((value) => value / 1000), ...NICE];
  return lengths.filter((length) => length * pixelsPerMm <= maxPixels).pop() ?? lengths[0] ?? 1;
}
