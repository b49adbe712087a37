/** Finds or composes the picture of a layer for a plane, slice and timepoint. */

import type { Layer } from "../core/layer";
import { levelSize } from "../core/meta";
import { type Pixels, pixelArray } from "../core/pixels";
import type { Plane } from "../core/planes";
import { type Cut, cutRow } from "../core/reslice";
import { textureAxes } from "./placement";
import type { Picture } from "./renderer";

export interface Shown {
  readonly picture: Picture;
  /** Lowest level in the picture, and whether all of it is at the full level. */
  readonly level: number;
  readonly complete: boolean;
}

interface CutState {
  key: string;
  pixels: Pixels;
  /** Level per row, -1 where nothing is loaded. */
  levels: Int8Array;
  version: number;
}

/** Keeps the last cut of each layer, so that a slice that arrives costs one row and not the whole picture. */
export class Pictures {
  private readonly cuts = new Map<Layer, CutState>();

  /** `limit`: longest side the graphics device can hold; a larger slice is shown at its preview level. */
  find(layer: Layer, plane: Plane, index: number, timepoint: number, limit: number): Shown | null {
    return plane.normal === 2
      ? this.stored(layer, layer.sliceAt(index, timepoint), limit)
      : this.cut(layer, plane, index, timepoint);
  }

  private stored(layer: Layer, slice: number, limit: number): Shown | null {
    const tooLarge = Math.max(layer.meta.size[0], layer.meta.size[1]) > limit;
    const decoded = tooLarge ? layer.store.preview(slice) : layer.store.best(slice);
    if (!decoded) return null;
    const { width, height, stride, level, pixels } = decoded;
    const key = `${layer.meta.image}:${layer.index}:${slice}:${level}`;
    return {
      picture: { key, pixels, width, height, stride, components: layer.meta.components },
      level,
      complete: level === layer.full,
    };
  }

  private cut(layer: Layer, plane: Plane, index: number, timepoint: number): Shown | null {
    const [width] = textureSize(layer, plane);
    const depth = layer.meta.size[2];
    const state = this.state(layer, plane, index, timepoint);
    const cut: Cut = {
      normal: plane.normal === 1 ? 1 : 0,
      index,
      components: layer.meta.components,
      labels: layer.meta.role === "overlay",
    };
    let changed = false;
    for (let k = 0; k < depth; k += 1) {
      const decoded = layer.store.best(layer.sliceAt(k, timepoint));
      if (!decoded || decoded.level <= (state.levels[k] as number)) continue;
      cutRow(cut, decoded, state.pixels, k, width);
      state.levels[k] = decoded.level;
      changed = true;
    }
    if (changed) state.version += 1;
    if (state.version === 0) return null;
    const level = state.levels.reduce((lowest, value) => Math.min(lowest, value), layer.full);
    return {
      picture: {
        key: `${state.key}:${state.version}`,
        pixels: state.pixels,
        width,
        height: depth,
        stride: 1,
        components: layer.meta.components,
      },
      level,
      complete: level === layer.full,
    };
  }

  private state(layer: Layer, plane: Plane, index: number, timepoint: number): CutState {
    const key = `${layer.meta.image}:${layer.index}:${plane.normal}:${index}:${timepoint}`;
    const known = this.cuts.get(layer);
    if (known?.key === key) return known;
    const [width] = textureSize(layer, plane);
    const depth = layer.meta.size[2];
    const pixels = pixelArray(layer.meta.type, width * depth * layer.meta.components);
    // Not loaded yet is dark, not grey: the smallest value there is.
    pixels.fill(layer.meta.role === "overlay" ? 0 : (layer.meta.range?.[0] ?? 0));
    const fresh = { key, pixels, levels: new Int8Array(depth).fill(-1), version: 0 };
    this.cuts.set(layer, fresh);
    return fresh;
  }
}

function textureSize(layer: Layer, plane: Plane): readonly [number, number] {
  const [columns] = textureAxes(plane);
  const [width, height] = levelSize(layer.meta, layer.full);
  return [columns === 0 ? width : height, layer.meta.size[2]];
}
