/** Writes colors and opacities into the functions that vtk.js keeps with an actor. */

import type { LayerMeta } from "../core/meta";
import { type Stop, stopsBetween } from "./color-maps";
import type { LabelNumbers } from "./label-numbers";
import { type OverlayLook, labelColors } from "./overlay-colors";

/** The parts of vtkColorTransferFunction that are used here; nodes are set at once, because each point sorts anew. */
export interface ColorFunction {
  setNodes(nodes: { x: number; r: number; g: number; b: number; midpoint: number; sharpness: number }[]): unknown;
}

/** The parts of vtkPiecewiseFunction that are used here. */
export interface OpacityFunction {
  setNodes(nodes: { x: number; y: number; midpoint: number; sharpness: number }[]): unknown;
}

export interface ImageColors {
  readonly bounds: readonly [number, number];
  readonly inverted: boolean;
  readonly colorMap: string;
}

export function writeImageColors(colors: ColorFunction, look: ImageColors): void {
  setStops(colors, stopsBetween(look.colorMap, look.bounds, look.inverted));
}

export function writeOpaque(opacity: OpacityFunction, bounds: readonly [number, number]): void {
  setPoints(opacity, [[bounds[0], 1], [bounds[1], 1]]);
}

/** Part of a label's own step that goes into the change to the next one. */
const STEP = 0.499;

/** A step for each label number. */
export function writeLabels(
  functions: { colors: ColorFunction; opacity: OpacityFunction },
  meta: LayerMeta,
  numbers: LabelNumbers,
  look: Extract<OverlayLook, { kind: "labels" }>,
): void {
  const colorOf = labelColors(meta, look.hidden);
  const stops: Stop[] = [];
  const points: (readonly [number, number])[] = [];
  for (let number = 0; number < numbers.count; number += 1) {
    const color = number === 0 ? null : colorOf(numbers.labelOf(number));
    const [red, green, blue] = (color ?? [0, 0, 0]).map((part) => part / 255) as [number, number, number];
    for (const x of [number - STEP, number + STEP]) {
      stops.push([x, red, green, blue]);
      points.push([x, color ? look.opacity : 0]);
    }
  }
  setStops(functions.colors, stops);
  setPoints(functions.opacity, points);
}

/** Colors from `low` upwards; `low` itself and what is below show nothing. */
export function writeHeat(
  functions: { colors: ColorFunction; opacity: OpacityFunction },
  look: Extract<OverlayLook, { kind: "heat" }>,
): void {
  const [low, high] = look.range;
  const top = Math.max(high, low + 1e-9);
  const edge = (top - low) * 1e-3;
  setStops(functions.colors, stopsBetween(look.colorMap, [low, top], false));
  setPoints(functions.opacity, [[low, 0], [low + edge, look.opacity], [top, look.opacity]]);
}

function setStops(colors: ColorFunction, stops: readonly Stop[]): void {
  colors.setNodes(stops.map(([x, r, g, b]) => ({ x, r, g, b, midpoint: 0.5, sharpness: 0 })));
}

function setPoints(opacity: OpacityFunction, points: readonly (readonly [number, number])[]): void {
  opacity.setNodes(points.map(([x, y]) => ({ x, y, midpoint: 0.5, sharpness: 0 })));
}
