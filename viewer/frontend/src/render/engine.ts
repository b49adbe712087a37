/** Cornerstone3D, started once: one graphics context for all panes, so that they share the textures of a volume. */

import {
  Enums,
  RenderingEngine,
  type Types,
  cache,
  eventTarget,
  getRenderingCapabilities,
  imageLoader,
  init,
  metaData,
} from "@cornerstonejs/core";
import type { Layer } from "../core/layer";
import { SCHEME } from "./image-ids";
import { Metadata } from "./metadata";
import { PaneView } from "./pane-view";
import { StackImages } from "./stack-images";
import { Volumes } from "./volumes";

/** Milliseconds between draws that only bring more of a volume: decoding needs the processor, too. */
const NEWS_EVERY = 100;
const METADATA_PRIORITY = 10_000;
const MANY_BYTES = 64e9;

export type Background = readonly [red: number, green: number, blue: number];

export class Engine {
  readonly images: StackImages;
  readonly volumes: Volumes;
  readonly background: Background;
  readonly cornerstone: RenderingEngine;
  private readonly metadata: Metadata;
  private readonly views = new Set<PaneView>();
  private newsTimer: ReturnType<typeof setTimeout> | undefined;
  private lastNews = -Infinity;

  /** Whether this device can draw at all; asks once. */
  static get usable(): boolean {
    return getRenderingCapabilities().webgl2;
  }

  constructor(background: Background) {
    this.background = background;
    init({
      rendering: {
        renderingEngineMode: Enums.RenderingEngineModeEnum.ContextPool,
        webGlContextCount: 1,
        useCPURendering: false,
      },
    } as Parameters<typeof init>[0]);
    const { maxTextureSize } = getRenderingCapabilities();
    this.images = new StackImages(maxTextureSize);
    this.volumes = new Volumes(max3dTextureSize());
    this.metadata = new Metadata(maxTextureSize);
    // Our own stores bound the memory.
    cache.setMaxCacheSize(MANY_BYTES);
    metaData.addProvider(this.metadata.provide, METADATA_PRIORITY);
    imageLoader.registerImageLoader(SCHEME, this.images.load as unknown as Types.ImageLoaderFn);
    this.cornerstone = new RenderingEngine("hounsfield");
    eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_RESTORED, () => { this.restart(); });
  }

  /** Other images from now on: nothing of the old ones stays. */
  setLayers(layers: readonly Layer[]): void {
    this.views.forEach((view) => { view.show(null); });
    this.volumes.clear();
    this.metadata.setLayers(layers);
    this.images.setLayers(layers);
  }

  /** Layers joined those that are known; what is on the screen stays. */
  joined(layers: readonly Layer[]): void {
    this.metadata.know(layers);
    this.images.know(layers);
  }

  /** Slices of a layer made here changed: they are drawn with the next frame, without the wait for more. */
  edited(layer: number, slices: Iterable<number>): void {
    let inVolume = false;
    for (const slice of slices) {
      this.views.forEach((view) => { view.sliceDecoded(layer, slice); });
      inVolume = this.volumes.gotBetter(layer, slice).length > 0 || inVolume;
    }
    if (!inVolume) return;
    this.sendVolumes();
    this.views.forEach((view) => { view.volumeNews(); });
  }

  view(id: string, element: HTMLElement, onDrawn: () => void): PaneView {
    const view = new PaneView({ engine: this, id, element, onDrawn });
    this.views.add(view);
    return view;
  }

  forget(view: PaneView): void {
    this.views.delete(view);
  }

  /** A stored slice was decoded: whoever shows it draws it. */
  sliceDecoded(layer: number, slice: number): void {
    this.views.forEach((view) => { view.sliceDecoded(layer, slice); });
    if (this.volumes.gotBetter(layer, slice).length > 0) this.scheduleNews();
  }

  /** Called by panes that took volumes: their slices go to the device before the next draw. */
  sendVolumes(): void {
    if (this.volumes.send().size > 0) this.scheduleNews();
  }

  private scheduleNews(): void {
    if (this.newsTimer !== undefined) return;
    const wait = Math.max(0, this.lastNews + NEWS_EVERY - performance.now());
    this.newsTimer = setTimeout(() => {
      this.newsTimer = undefined;
      this.lastNews = performance.now();
      this.sendVolumes();
      this.views.forEach((view) => { view.volumeNews(); });
    }, wait);
  }

  /** The device lost everything it had: all of it is sent anew. */
  private restart(): void {
    this.views.forEach((view) => { view.rebuild(); });
  }
}

function max3dTextureSize(): number {
  const gl = document.createElement("canvas").getContext("webgl2");
  const size = gl ? (gl.getParameter(gl.MAX_3D_TEXTURE_SIZE) as number) : 0;
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return size;
}
