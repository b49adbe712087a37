/** What annotations measure: their geometry, and the pixels of the image under them. */

import { worldToVoxel } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { Vec3 } from "../core/meta";
import { cross, dot, subtract, along, across } from "../render/vectors";
import { sampleVoxel } from "../render/sampling";
import { normalOf } from "../tools/geometry";
import { type AnnotationTool, toolNamed } from "../tools/registry";
import type { Figure } from "../tools/tool";
import type { GeometryValue } from "../tools/values";

export interface PixelFigure {
  readonly name: "Mean" | "Deviation" | "Minimum" | "Maximum" | "Value";
  readonly value: number;
  readonly unit: string;
  /** False while only previews of the slices are there. */
  readonly exact: boolean;
}

/** More than these are sampled at wider steps. */
const MOST_SAMPLES = 100_000;

export function figuresOf(tool: AnnotationTool, value: GeometryValue): readonly Figure[] {
  return toolNamed(tool).figures(value);
}

/** Values under a mark; empty for color images, for tools without a region, and before anything is loaded. */
export function pixelFigures(tool: AnnotationTool, value: GeometryValue, layer: Layer, timepoint: number): readonly PixelFigure[] {
  if (layer.meta.components > 1) return [];
  if (value.type === "Point") return tool === "probe" ? valueAt(layer, value.point, timepoint) : [];
  const region = toolNamed(tool).region?.(value);
  return region ? statistics(layer, samplesIn(layer, region), timepoint) : [];
}

function valueAt(layer: Layer, point: Vec3, timepoint: number): readonly PixelFigure[] {
  const sample = sampleVoxel(layer, worldToVoxel(layer.meta, point), timepoint, "nearest");
  const [value] = sample?.values ?? [];
  return sample && value !== undefined ? [{ name: "Value", value, unit: layer.meta.unit, exact: sample.exact }] : [];
}

function statistics(layer: Layer, voxels: readonly Vec3[], timepoint: number): readonly PixelFigure[] {
  let [count, sum, squares, least, most, exact] = [0, 0, 0, Infinity, -Infinity, true];
  for (const voxel of voxels) {
    const sample = sampleVoxel(layer, voxel, timepoint, "nearest");
    const value = sample?.values[0];
    if (sample === null || value === undefined || !Number.isFinite(value)) continue;
    count += 1;
    sum += value;
    squares += value * value;
    least = Math.min(least, value);
    most = Math.max(most, value);
    exact &&= sample.exact;
  }
  if (count === 0) return [];
  const mean = sum / count;
  const { unit } = layer.meta;
  return [
    { name: "Mean", value: mean, unit, exact },
    { name: "Deviation", value: Math.sqrt(Math.max(0, squares / count - mean * mean)), unit, exact },
    { name: "Minimum", value: least, unit, exact },
    { name: "Maximum", value: most, unit, exact },
  ];
}

/** Voxels (fractional in planes that are not those of storage) whose centers lie in a flat outline. */
export function samplesIn({ meta }: Pick<Layer, "meta">, region: readonly Vec3[]): readonly Vec3[] {
  const voxels = region.map((point) => worldToVoxel(meta, point));
  const slice = Math.round(voxels[0]?.[2] ?? 0);
  const stored = voxels.every(([, , k]) => Math.abs(k - slice) < 0.02);
  if (stored) return lattice(voxels.map(([i, j]) => [i, j] as const), [1, 1], ([i, j]) => [i, j, slice]);
  const [origin] = region as readonly [Vec3];
  const normal = normalOf(region, [0, 0, 1]);
  const right = across([1, 0, 0], normal, across([0, 1, 0], normal, [0, 0, 1]));
  const up = cross(normal, right);
  const flat = region.map((point) => [dot(subtract(point, origin), right), dot(subtract(point, origin), up)] as const);
  const step = Math.min(...meta.spacing);
  return lattice(flat, [step, step], ([x, y]) => worldToVoxel(meta, along(along(origin, right, x), up, y)));
}

type Flat = readonly [x: number, y: number];

function lattice(outline: readonly Flat[], [stepX, stepY]: Flat, voxelAt: (place: Flat) => Vec3): readonly Vec3[] {
  const bounds = (axis: 0 | 1): readonly [number, number] => {
    const values = outline.map((place) => place[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [[left, rightmost], [low, high]] = [bounds(0), bounds(1)];
  const total = ((rightmost - left) / stepX + 1) * ((high - low) / stepY + 1);
  const wider = Math.max(1, Math.ceil(Math.sqrt(total / MOST_SAMPLES)));
  const [dx, dy] = [stepX * wider, stepY * wider];
  const found: Vec3[] = [];
  for (let y = Math.ceil(low / dy) * dy; y <= high; y += dy) {
    for (let x = Math.ceil(left / dx) * dx; x <= rightmost; x += dx) {
      if (isInside(outline, x, y)) found.push(voxelAt([x, y]));
    }
  }
  return found;
}

/** By the even-odd rule. */
function isInside(outline: readonly Flat[], x: number, y: number): boolean {
  let inside = false;
  for (let index = 0, before = outline.length - 1; index < outline.length; before = index, index += 1) {
    const [x1, y1] = outline[index] as Flat;
    const [x2, y2] = outline[before] as Flat;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

