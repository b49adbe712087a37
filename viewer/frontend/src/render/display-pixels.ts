/**
 * Pixels as the graphics device is given them. What they become depends on the layer alone, never on the level
 * that happens to be decoded, so that a better slice replaces a worse one in place.
 */

import type { LayerMeta } from "../core/meta";
import { type DecodedSlice, type Pixels, pixelArray } from "../core/pixels";

export interface DisplayGrid {
  readonly width: number;
  readonly height: number;
  /** Full-resolution pixels per pixel of the grid: 1 unless the image is larger than a texture can be. */
  readonly stride: number;
  readonly components: 1 | 3;
}

export function displayGrid(meta: LayerMeta, maxTextureSize: number): DisplayGrid {
  let stride = 1;
  while (Math.max(meta.size[0], meta.size[1]) / stride > maxTextureSize) stride *= 2;
  return {
    width: Math.ceil(meta.size[0] / stride),
    height: Math.ceil(meta.size[1] / stride),
    stride,
    components: isColor(meta) ? 3 : 1,
  };
}

export function isColor(meta: Pick<LayerMeta, "components">): boolean {
  return meta.components >= 3;
}

/** An array for `length` values: bytes for color, the layer's own type where textures know it, else floats. */
export function displayArray(meta: LayerMeta, length: number): Pixels {
  if (isColor(meta)) return new Uint8Array(length);
  const wide = meta.type === "int32" || meta.type === "uint32";
  return pixelArray(wide ? "float32" : meta.type, length);
}

/** A slice of nothing: the smallest value there is, so that it is dark and not grey. */
export function emptyPixels(meta: LayerMeta, grid: DisplayGrid): Pixels {
  const pixels = displayArray(meta, grid.width * grid.height * grid.components);
  const lowest = meta.role === "overlay" || isColor(meta) ? 0 : (meta.range?.[0] ?? 0);
  return lowest === 0 ? pixels : pixels.fill(lowest);
}

/** Pixels of a slice on the display grid; the slice's own array where it can be shown as it is. */
export function displayPixels(meta: LayerMeta, grid: DisplayGrid, slice: DecodedSlice): Pixels {
  if (canBeShownAsItIs(meta, grid, slice)) return slice.pixels;
  const out = displayArray(meta, grid.width * grid.height * grid.components);
  const scale = byteScale(meta);
  if (slice.stride === grid.stride) copyPixels(meta, grid, slice, out, scale);
  else resample(meta, grid, slice, out, scale);
  return out;
}

function canBeShownAsItIs(meta: LayerMeta, grid: DisplayGrid, slice: DecodedSlice): boolean {
  if (slice.stride !== grid.stride || meta.components !== grid.components) return false;
  if (isColor(meta)) return slice.pixels instanceof Uint8Array;
  return !(slice.pixels instanceof Float32Array) && slice.pixels.constructor === displayArray(meta, 0).constructor;
}

type Scale = (value: number) => number;

/** Color of more than eight bits is brought into a byte by its range; a value that is not a number is the darkest. */
function byteScale(meta: LayerMeta): Scale {
  const lowest = meta.range?.[0] ?? 0;
  if (!isColor(meta)) return (value) => (value === value ? value : lowest);
  if (meta.type === "uint8") return (value) => value;
  const span = Math.max(1e-12, (meta.range?.[1] ?? 255) - lowest);
  return (value) => Math.max(0, Math.min(255, Math.round(((value - lowest) / span) * 255))) || 0;
}

function copyPixels(meta: LayerMeta, grid: DisplayGrid, slice: DecodedSlice, out: Pixels, scale: Scale): void {
  const { components } = grid;
  const { pixels } = slice;
  for (let pixel = 0, at = 0, from = 0; pixel < grid.width * grid.height; pixel += 1, from += meta.components) {
    for (let c = 0; c < components; c += 1, at += 1) out[at] = scale(pixels[from + c] as number);
  }
}

/** Bilinear (nearest for overlays: a mean of labels is no label). Level pixel x sits on full pixel x * stride. */
function resample(meta: LayerMeta, grid: DisplayGrid, slice: DecodedSlice, out: Pixels, scale: Scale): void {
  const columns = places(grid.width, grid.stride / slice.stride, slice.width, meta.role === "overlay");
  const rows = places(grid.height, grid.stride / slice.stride, slice.height, meta.role === "overlay");
  const { pixels, width } = slice;
  const n = meta.components;
  let at = 0;
  for (const [top, bottom, y] of rows) {
    for (const [left, right, x] of columns) {
      for (let c = 0; c < grid.components; c += 1, at += 1) {
        const a = pixels[(top * width + left) * n + c] as number;
        const b = pixels[(top * width + right) * n + c] as number;
        const d = pixels[(bottom * width + left) * n + c] as number;
        const e = pixels[(bottom * width + right) * n + c] as number;
        out[at] = scale((a + (b - a) * x) * (1 - y) + (d + (e - d) * x) * y);
      }
    }
  }
}

type Place = readonly [low: number, high: number, part: number];

function places(count: number, step: number, size: number, nearest: boolean): Place[] {
  return Array.from({ length: count }, (_, index) => {
    const place = Math.min(index * step, size - 1);
    if (nearest) return [Math.round(place), Math.round(place), 0];
    const low = Math.floor(place);
    return [low, Math.min(low + 1, size - 1), place - low];
  });
}
