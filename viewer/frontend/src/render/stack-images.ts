/** Stored slices as images of Cornerstone3D: the best that is decoded, replaced in place when better comes. */

import { type Types, cache, utilities } from "@cornerstonejs/core";
import type { Layer } from "../core/layer";
import { initialWindow } from "../core/window-level";
import { type DisplayGrid, displayGrid, displayPixels, emptyPixels } from "./display-pixels";
import { sliceId } from "./image-ids";

/** Nothing of a slice is decoded. */
export const NO_SLICE = -1;

export class StackImages {
  private layers: readonly Layer[] = [];
  private readonly maxTextureSize: number;
  private readonly levels = new Map<string, number>();
  private readonly users = new Map<string, Set<string>>();

  constructor(maxTextureSize: number) {
    this.maxTextureSize = maxTextureSize;
  }

  setLayers(layers: readonly Layer[]): void {
    for (const id of [...this.levels.keys()]) this.forget(id);
    this.users.clear();
    this.layers = layers;
  }

  /** The same layers with others behind them. */
  know(layers: readonly Layer[]): void {
    this.layers = layers;
  }

  grid(layer: Layer): DisplayGrid {
    return displayGrid(layer.meta, this.maxTextureSize);
  }

  /** For `imageLoader.registerImageLoader`. */
  readonly load = (id: string): { promise: Promise<Record<string, unknown>> } => {
    const image = this.make(id);
    if (!image) return { promise: Promise.reject(new Error(`There is no slice ${id}.`)) };
    return { promise: Promise.resolve(image as unknown as Record<string, unknown>) };
  };

  /** Level of the image that was last made of a slice. */
  level(id: string): number {
    return this.levels.get(id) ?? NO_SLICE;
  }

  /** Whether a better slice has been decoded since its image was made. */
  isStale(layer: Layer, slice: number): boolean {
    return this.bestLevel(layer, slice) > this.level(sliceId(layer.index, slice));
  }

  /** Notes that a pane shows this slice and no other; slices that no pane shows stay in our own store only. */
  use(pane: string, id: string | null): void {
    for (const [known, panes] of this.users) {
      if (known !== id && panes.delete(pane) && panes.size === 0) {
        this.users.delete(known);
        this.forget(known);
      }
    }
    if (id !== null) this.users.set(id, (this.users.get(id) ?? new Set()).add(pane));
  }

  forget(id: string): void {
    this.levels.delete(id);
    if (cache.getImageLoadObject(id)) cache.removeImageLoadObject(id, { force: true });
  }

  /** Makes the image anew and puts it into the place of the old one. */
  renew(layer: Layer, slice: number): Types.IImage | null {
    const id = sliceId(layer.index, slice);
    this.forget(id);
    const image = this.make(id);
    if (image) cache.putImageSync(id, image);
    return image;
  }

  private bestLevel(layer: Layer, slice: number): number {
    return layer.store.best(slice)?.level ?? NO_SLICE;
  }

  private make(id: string): Types.IImage | null {
    const [, index = "", number = ""] = id.split(":");
    const layer = this.layers[Number(index)];
    if (!layer) return null;
    const slice = Number(number);
    const grid = this.grid(layer);
    const decoded = layer.store.best(slice);
    this.levels.set(id, decoded?.level ?? NO_SLICE);
    const pixels = decoded ? displayPixels(layer.meta, grid, decoded) : emptyPixels(layer.meta, grid);
    return imageOf(id, layer, grid, pixels);
  }
}

function imageOf(id: string, { meta }: Layer, grid: DisplayGrid, pixels: Types.PixelDataTypedArray): Types.IImage {
  const window = initialWindow(meta);
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({
    width: grid.width,
    height: grid.height,
    scalarData: pixels,
    numberOfComponents: grid.components,
  });
  const made = {
    imageId: id,
    minPixelValue: meta.range?.[0] ?? 0,
    maxPixelValue: meta.range?.[1] ?? 255,
    slope: 1,
    intercept: 0,
    windowCenter: window.center,
    windowWidth: window.width,
    voiLUTFunction: "LINEAR_EXACT",
    rows: grid.height,
    columns: grid.width,
    height: grid.height,
    width: grid.width,
    color: grid.components === 3,
    rgba: false,
    numberOfComponents: grid.components,
    columnPixelSpacing: meta.spacing[0] * grid.stride,
    rowPixelSpacing: meta.spacing[1] * grid.stride,
    sliceThickness: meta.spacing[2],
    invert: false,
    photometricInterpretation: grid.components === 3 ? "RGB" : "MONOCHROME2",
    // Our own stores bound the memory; Cornerstone's cache only lends the pixels.
    sizeInBytes: 0,
    dataType: pixels.constructor.name,
    voxelManager,
    getPixelData: () => pixels,
    getCanvas: () => { throw new Error("Slices are drawn by the graphics device."); },
    preScale: { enabled: false },
  };
  return made as unknown as Types.IImage;
}
