/** What the server tells about a view session: its layers and how each slice is cut into levels. */

export type Vec3 = readonly [number, number, number];

export type ElementType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "float32"
  | "float64";

export interface Segment {
  readonly value: number;
  readonly name: string;
  /** CSS hexadecimal color, e.g. `#e5484d`. */
  readonly color: string;
}

export interface LayerMeta {
  readonly image: string;
  readonly name: string;
  readonly role: "image" | "overlay";
  /** Voxels along i (columns), j (rows), k (stored slices). */
  readonly size: Vec3;
  readonly timepoints: number;
  /** Millimetres along i, j, k. */
  readonly spacing: Vec3;
  /** LPS millimetres of the center of voxel (0, 0, 0). */
  readonly origin: Vec3;
  /** Row-major 3x3; column c is the LPS unit vector of voxel axis c. */
  readonly direction: readonly number[];
  readonly type: ElementType;
  readonly components: number;
  readonly codec: "htj2k" | "deflate";
  readonly levels: number;
  /** Width and height of each level, smallest first. */
  readonly level_sizes: readonly (readonly [number, number])[];
  readonly window: { readonly center: number; readonly width: number } | null;
  readonly range: readonly [number, number] | null;
  readonly modality: string;
  readonly unit: string;
  readonly segments: readonly Segment[];
}

export interface SessionMeta {
  readonly version: number;
  readonly title: string;
  readonly layers: readonly LayerMeta[];
}

/** Cut points of one layer: bytes of slice `s` up to and including level `l` stand at `s * levels + l`. */
export type CutTable = Uint32Array;

/** Stored slices of a layer over all timepoints; slice `t * depth + k` holds slice k of timepoint t. */
export function storedSlices(layer: LayerMeta): number {
  return layer.size[2] * Math.max(1, layer.timepoints);
}

export function fullLevel(layer: LayerMeta): number {
  return layer.levels - 1;
}

const PREVIEW_PIXELS = 128;

/**
 * The level shown first: the largest one of at most 128 pixels a side.
 * Label maps have none (a low-pass level mixes labels into values that mean nothing), so theirs is the full level.
 */
export function previewLevel(layer: LayerMeta): number {
  if (layer.role === "overlay") return fullLevel(layer);
  let best = 0;
  layer.level_sizes.forEach(([width, height], level) => {
    if (Math.max(width, height) <= PREVIEW_PIXELS) best = level;
  });
  return best;
}

/** Full-resolution pixels that one pixel of `level` steps over. */
export function levelStride(layer: LayerMeta, level: number): number {
  return 2 ** (fullLevel(layer) - level);
}

export function levelSize(layer: LayerMeta, level: number): readonly [number, number] {
  const stride = levelStride(layer, level);
  return [Math.ceil(layer.size[0] / stride), Math.ceil(layer.size[1] / stride)];
}
