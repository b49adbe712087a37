/** A whole volume at one time point as one array, filled as slices arrive. */

import { type LayerMeta, type Vec3, fullLevel } from "./meta";
import { type Pixels, bytesPerValue, pixelArray } from "./pixels";
import { NO_LEVEL } from "./protocol";

/** Why a volume is not shown, in words for people. */
export class VolumeRefused extends Error {
  override readonly name = "VolumeRefused";
}

/** A whole volume as the renderer takes it, slice by slice. */
export interface VolumeSource {
  readonly layer: number;
  readonly timepoint: number;
  readonly size: Vec3;
  readonly sliceBytes: number;
  /** 0 while there is nothing to show. */
  readonly version: number;
  level(k: number): number;
  /** The pixels of slice `k`: a view, not a copy, and not always the same one. */
  slice(k: number): Pixels;
}

export class LayerVolume implements VolumeSource {
  readonly layer: number;
  readonly timepoint: number;
  /** Voxels along i, j, k: the layer's own grid. */
  readonly size: Vec3;
  readonly components: number;
  /** Modality values, x fastest, components interleaved; the darkest value where nothing has arrived. */
  readonly pixels: Pixels;
  /** Level of each stored slice, {@link NO_LEVEL} where nothing has arrived; previews are expanded to the full grid. */
  readonly levels: Uint8Array;
  /** Grows with every slice that got better. */
  version = 0;
  private readonly full: number;
  private readonly sliceLength: number;
  private missing: number;

  constructor(layer: number, meta: LayerMeta, timepoint: number) {
    const [width, height, depth] = meta.size;
    this.layer = layer;
    this.timepoint = timepoint;
    this.size = meta.size;
    this.components = meta.components;
    this.full = fullLevel(meta);
    this.sliceLength = width * height * meta.components;
    this.pixels = pixelArray(meta.type, this.sliceLength * depth);
    const darkest = meta.role === "overlay" ? 0 : (meta.range?.[0] ?? 0);
    if (darkest !== 0) this.pixels.fill(darkest);
    this.levels = new Uint8Array(depth).fill(NO_LEVEL);
    this.missing = depth;
  }

  get sliceBytes(): number {
    return this.sliceLength * this.pixels.BYTES_PER_ELEMENT;
  }

  /** Whether every slice is at the full level. */
  get complete(): boolean {
    return this.missing === 0;
  }

  /** Level of slice `k`, -1 where nothing has arrived. */
  level(k: number): number {
    const level = this.levels[k] ?? NO_LEVEL;
    return level === NO_LEVEL ? -1 : level;
  }

  /** The pixels of slice `k`: a view, not a copy. */
  slice(k: number): Pixels {
    return this.pixels.subarray(k * this.sliceLength, (k + 1) * this.sliceLength);
  }

  /** Puts a slice on the full grid in its place; tells whether it was better than what was there. */
  put(k: number, level: number, pixels: Pixels): boolean {
    if (level <= this.level(k) || pixels.length !== this.sliceLength) return false;
    this.slice(k).set(pixels);
    this.levels[k] = level;
    this.version += 1;
    if (level === this.full) this.missing -= 1;
    return true;
  }
}

export function volumeBytes(meta: LayerMeta): number {
  const [width, height, depth] = meta.size;
  return width * height * depth * meta.components * bytesPerValue(meta.type);
}
