/** Overlays on the image's own grid over a stack viewport: colored on the processor, one picture per overlay. */

import { type StackViewport, type Types, cache, utilities } from "@cornerstonejs/core";
import type { Layer } from "../core/layer";
import { voxelToWorld } from "../core/geometry";
import { point, setInterpolation } from "./aim";
import { displayPixels } from "./display-pixels";
import { overlayId } from "./image-ids";
import { isSmooth, overlayRgba } from "./overlay-colors";
import { type OverlayScene, type Scene, lookKey } from "./scene";
import type { StackImages } from "./stack-images";

interface Shown {
  readonly actor: Types.ImageActor;
  key: string;
  complete: boolean;
}

export class StackOverlays {
  private readonly viewport: StackViewport;
  private readonly images: StackImages;
  private readonly shown = new Map<number, Shown>();

  constructor(viewport: StackViewport, images: StackImages) {
    this.viewport = viewport;
    this.images = images;
  }

  get complete(): boolean {
    return [...this.shown.values()].every(({ complete }) => complete);
  }

  show(scene: Scene, slice: number): void {
    const wanted = new Set(scene.overlays.map(({ layer }) => layer.index));
    this.remove([...this.shown.keys()].filter((layer) => !wanted.has(layer)));
    const k = slice % scene.layer.meta.size[2];
    for (const overlay of scene.overlays) this.paint(overlay, k, scene.timepoint);
  }

  clear(): void {
    this.remove([...this.shown.keys()]);
  }

  private remove(layers: readonly number[]): void {
    if (layers.length === 0) return;
    this.viewport.removeActors(layers.map(uidOf));
    layers.forEach((layer) => { this.shown.delete(layer); });
  }

  private paint({ layer, look }: OverlayScene, k: number, timepoint: number): void {
    const shown = this.shown.get(layer.index) ?? this.add(layer);
    const slice = layer.sliceAt(k, timepoint);
    const decoded = layer.store.best(slice);
    shown.actor.setVisibility(decoded !== undefined);
    shown.complete = decoded?.level === layer.full || layer.givenUp(slice);
    const key = `${slice}:${decoded?.level}:${layer.sliceVersion(slice)}:${lookKey(look)}`;
    if (key === shown.key || !decoded) return;
    shown.key = key;
    setInterpolation(shown.actor, isSmooth(look));
    const grid = this.images.grid(layer);
    const data = shown.actor.getMapper()?.getInputData() as unknown as ImageData3;
    const pixels = displayPixels(layer.meta, grid, decoded);
    overlayRgba({ meta: layer.meta, look, pixels, width: grid.width, out: data.getPointData().getScalars().getData() });
    data.setOrigin(point(voxelToWorld(layer.meta, [0, 0, k])));
    data.modified();
  }

  private add(layer: Layer): Shown {
    const grid = this.images.grid(layer);
    const id = overlayId(layer.index, 0);
    cache.putImageSync(id, blankImage(id, grid.width, grid.height));
    let actor: Types.ImageActor | null = null;
    const callback = ({ imageActor }: { imageActor: unknown }): void => { actor = imageActor as Types.ImageActor; };
    this.viewport.addImages([{ imageId: id, actorUID: uidOf(layer.index), callback }]);
    cache.removeImageLoadObject(id, { force: true });
    const made = actor as unknown as Types.ImageActor;
    // In one pass with the image, right after it and blended by its own alpha.
    made.setForceOpaque(true);
    const shown = { actor: made, key: "", complete: false };
    this.shown.set(layer.index, shown);
    return shown;
  }
}

/** The parts of vtkImageData that are used here. */
interface ImageData3 {
  getPointData(): { getScalars(): { getData(): Uint8Array } };
  setOrigin(origin: Types.Point3): void;
  modified(): void;
}

function uidOf(layer: number): string {
  return `overlay-${layer}`;
}

function blankImage(id: string, width: number, height: number): Types.IImage {
  const scalarData = new Uint8Array(width * height * 4);
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({ width, height, scalarData, numberOfComponents: 4 });
  const image = {
    imageId: id,
    width,
    height,
    columns: width,
    rows: height,
    numberOfComponents: 4,
    sizeInBytes: 0,
    voxelManager,
    getPixelData: () => scalarData,
  };
  return image as unknown as Types.IImage;
}
