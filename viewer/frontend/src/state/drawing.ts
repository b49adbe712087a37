/** Draws the viewer's state; at most once per frame, and only after a change. */

import type { Layer } from "../core/layer";
import { paletteTexels } from "../core/palette";
import type { Plane } from "../core/planes";
import { windowBounds } from "../core/window-level";
import { Pictures } from "../render/pictures";
import { type Placement, placePicture } from "../render/placement";
import { Renderer } from "../render/renderer";
import type { Viewer } from "./viewer";

export interface DrawnState {
  /** Level of the picture on the screen, null when nothing could be shown. */
  readonly level: number | null;
  readonly complete: boolean;
}

export class Drawing {
  drawn: DrawnState = { level: null, complete: false };
  private readonly viewer: Viewer;
  private readonly canvas: HTMLCanvasElement;
  private readonly background: readonly [number, number, number];
  private readonly afterDraw: () => void;
  private readonly pictures = new Pictures();
  private renderer: Renderer | null;
  private scheduled = false;
  private dirty = true;

  constructor(options: {
    viewer: Viewer;
    canvas: HTMLCanvasElement;
    background: readonly [number, number, number];
    afterDraw: () => void;
  }) {
    this.viewer = options.viewer;
    this.canvas = options.canvas;
    this.background = options.background;
    this.afterDraw = options.afterDraw;
    this.renderer = this.createRenderer();
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.renderer = null;
    });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.renderer = this.createRenderer();
      this.request();
    });
    this.viewer.on("change", () => { this.request(); });
    this.viewer.on("loaded", () => { this.request(); });
    this.viewer.on("pointer", () => { this.refresh(); });
  }

  /** False on a device without WebGL 2. */
  get usable(): boolean {
    return this.renderer !== null;
  }

  /** Draws in the next frame. */
  request(): void {
    this.dirty = true;
    this.refresh();
  }

  /** Runs what follows a frame, without drawing again. */
  private refresh(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      if (this.dirty) this.draw();
      this.dirty = false;
      this.afterDraw();
    });
  }

  private createRenderer(): Renderer | null {
    const gl = this.canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    return gl && new Renderer(gl, this.background);
  }

  private draw(): void {
    const { renderer, viewer } = this;
    if (!renderer) return;
    this.fitCanvas();
    renderer.clear();
    const { image, plane } = viewer;
    if (!image || !plane) return;
    const ratio = this.canvas.width / viewer.stage.width;
    const placement = placePicture(plane, viewer.stage, viewer.view, ratio);
    this.drawn = this.drawImage(renderer, image, plane, placement);
    for (const overlay of viewer.shownOverlays) this.drawOverlay(renderer, overlay, plane, placement);
    this.markTimings();
  }

  private drawImage(renderer: Renderer, image: Layer, plane: Plane, placement: Placement): DrawnState {
    const { viewer } = this;
    const shown = this.pictures.find(image, plane, viewer.index, viewer.state.timepoint, renderer.maxTextureSize);
    if (!shown) return { level: null, complete: false };
    renderer.drawImage(shown.picture, placement, {
      bounds: windowBounds(viewer.state.window),
      inverted: viewer.state.inverted,
    });
    return { level: shown.level, complete: shown.complete };
  }

  private drawOverlay(renderer: Renderer, overlay: Layer, plane: Plane, placement: Placement): void {
    const { state, index } = this.viewer;
    const shown = this.pictures.find(overlay, plane, index, state.timepoint, renderer.maxTextureSize);
    if (!shown) return;
    const prefix = `${overlay.index}:`;
    const hidden = [...state.hiddenLabels].filter((key) => key.startsWith(prefix));
    renderer.drawLabels(`overlay-${overlay.index}`, shown.picture, placement, {
      paletteKey: `${overlay.meta.image}:${hidden.sort().join()}`,
      palette: () => paletteTexels(overlay.meta, new Set(hidden.map((key) => Number(key.slice(prefix.length))))),
      opacity: state.opacity,
    });
  }

  private fitCanvas(): void {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(this.viewer.stage.width * ratio));
    const height = Math.max(1, Math.round(this.viewer.stage.height * ratio));
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
  }

  private markTimings(): void {
    if (this.drawn.level === null) return;
    this.viewer.timings.mark("firstPreview");
    if (this.drawn.complete) this.viewer.timings.mark("firstFull");
  }
}
