/** One stored slice as it is, on a stack viewport: the fast way, and the only one for single images and color. */

import { Enums, type StackViewport, type Types } from "@cornerstonejs/core";
import type { Layer } from "../core/layer";
import { aim, narrow } from "./aim";
import { isColor } from "./display-pixels";
import { sliceId } from "./image-ids";
import { type Drawn, NOTHING_DRAWN, type Scene } from "./scene";
import type { StackImages } from "./stack-images";
import { StackOverlays } from "./stack-overlays";
import { writeImageColors } from "./transfer";

const BYTE_WINDOW = 255;

export class StackPainter {
  readonly viewport: StackViewport;
  private readonly pane: string;
  private readonly images: StackImages;
  private readonly overlays: StackOverlays;
  private layer: Layer | null = null;
  private level = -1;
  private look = "";
  private actor: unknown = null;

  constructor(viewport: StackViewport, images: StackImages, pane: string) {
    this.viewport = viewport;
    this.images = images;
    this.pane = pane;
    this.overlays = new StackOverlays(viewport, images);
  }

  async show(scene: Scene): Promise<void> {
    const slice = scene.layer.sliceAt(scene.stored ?? 0, scene.timepoint);
    await this.place(scene.layer, slice);
    this.paint(scene);
    this.overlays.show(scene, slice);
    aim(this.viewport, scene.camera);
    // Cornerstone3D forgets its depth of view when an overlay comes.
    narrow(this.viewport.getRenderer().getActiveCamera());
    this.viewport.render();
  }

  get drawn(): Drawn {
    const { layer, level } = this;
    if (!layer || level < 0) return NOTHING_DRAWN;
    return { level, complete: level === layer.full && this.overlays.complete };
  }

  leave(): void {
    this.images.use(this.pane, null);
  }

  /** Brings the slice onto the viewport, or a better picture of it into its place. */
  private async place(layer: Layer, slice: number): Promise<void> {
    const { viewport, images } = this;
    const id = sliceId(layer.index, slice);
    const stale = images.isStale(layer, slice);
    if (layer !== this.layer) {
      images.forget(id);
      this.overlays.clear();
      await viewport.setStack(stackOf(layer), slice);
      this.layer = layer;
    } else if (viewport.getCurrentImageIdIndex() !== slice) {
      if (stale) images.forget(id);
      await viewport.setImageIdIndex(slice);
    } else if (stale) {
      const image = images.renew(layer, slice);
      if (image) viewport.renderImageObject(image);
    }
    images.use(this.pane, id);
    this.level = images.level(id);
  }

  private paint(scene: Scene): void {
    const entry = this.viewport.getDefaultActor();
    if (!entry) return;
    const look = [...scene.bounds, scene.inverted, scene.colorMap, scene.interpolation].join();
    if (look === this.look && entry.actor === this.actor) return;
    this.look = look;
    this.actor = entry.actor;
    const [lower, upper] = scene.bounds;
    const { LINEAR, NEAREST } = Enums.InterpolationType;
    const interpolationType = scene.interpolation === "linear" ? LINEAR : NEAREST;
    this.viewport.setProperties({ voiRange: { lower, upper }, interpolationType });
    const property = (entry.actor as Types.ImageActor).getProperty();
    if (isColor(scene.layer.meta)) {
      property.setUseLookupTableScalarRange(false);
      property.setColorWindow(scene.inverted ? -BYTE_WINDOW : BYTE_WINDOW);
      property.setColorLevel(BYTE_WINDOW / 2);
    } else {
      const colors = property.getRGBTransferFunction(0);
      if (colors) writeImageColors(colors, scene);
    }
  }
}

function stackOf(layer: Layer): string[] {
  return Array.from({ length: layer.slices }, (_, slice) => sliceId(layer.index, slice));
}
