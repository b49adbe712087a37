/** The opening view on one canvas, from the first preview to the full slice, until the application takes over. */

import type { DecodedSlice } from "../core/pixels";
import { planeOf, storedPlane } from "../core/planes";
import type { Session } from "../core/session";
import { FITTED } from "../core/view-transform";
import { windowBounds } from "../core/window-level";
import type { FirstPaint } from "./boot";
import { type Opening, openingOf } from "./opening";
import { placePicture } from "./placement";
import { Renderer } from "./renderer";

export class FirstCanvas implements FirstPaint {
  private readonly session: Session;
  private readonly frame = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly renderer: Renderer | null;
  private readonly endings: (() => void)[] = [];
  private opening: Opening | null = null;
  private drawn: DecodedSlice | null = null;

  constructor(session: Session, root: HTMLElement) {
    this.session = session;
    this.frame.className = "hv-first";
    this.frame.setAttribute("aria-hidden", "true");
    this.frame.append(this.canvas);
    root.append(this.frame);
    const gl = this.canvas.getContext("webgl2", { alpha: false, antialias: false, depth: false });
    this.renderer = gl && new Renderer(gl);
    const resizes = new ResizeObserver(() => { this.draw(); });
    resizes.observe(this.frame);
    this.endings.push(
      () => { resizes.disconnect(); },
      session.on("meta", () => { this.open(); }),
      session.on("slice", ({ layer, slice }) => { this.arrived(layer, slice); }),
    );
  }

  mount(pane: HTMLElement): void {
    this.frame.classList.add("hv-first-mounted");
    pane.append(this.frame);
    this.draw();
  }

  handOver(): void {
    this.endings.splice(0).forEach((end) => { end(); });
    this.frame.remove();
    this.renderer?.release();
    this.session.timings.mark("handedOver");
  }

  /** Asks for the opening slice before anybody else is here to ask. */
  private open(): void {
    const { session } = this;
    this.opening = session.meta && openingOf(session.meta);
    const layer = this.opening && session.layers[this.opening.layer];
    if (!this.opening || !layer) return;
    const { slice, timepoint } = this.opening;
    session.want({
      layers: [layer.demand()],
      views: [{ layers: [layer.index], slice, timepoint, direction: 0, stored: true }],
    });
  }

  private arrived(layer: number, slice: number): void {
    const { opening } = this;
    if (opening?.layer !== layer) return;
    if (this.session.layers[layer]?.sliceAt(opening.slice, opening.timepoint) === slice) this.draw();
  }

  /** Drawn at once and not with the next frame: nothing else is on the page yet. */
  private draw(): void {
    const { opening, renderer, session } = this;
    const layer = opening && session.layers[opening.layer];
    if (!opening || !layer || !renderer) return;
    const stored = layer.sliceAt(opening.slice, opening.timepoint);
    const tooLarge = Math.max(layer.meta.size[0], layer.meta.size[1]) > renderer.maxTextureSize;
    const slice = tooLarge ? layer.store.preview(stored) : layer.store.best(stored);
    if (!slice) return;
    const stage = { width: Math.max(1, this.frame.clientWidth), height: Math.max(1, this.frame.clientHeight) };
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(stage.width * ratio);
    this.canvas.height = Math.round(stage.height * ratio);
    const plane = planeOf(layer.meta, storedPlane(layer.meta));
    renderer.draw(slice, placePicture(plane, stage, FITTED, this.canvas.width / stage.width), {
      bounds: windowBounds(opening.window),
      components: layer.meta.components,
      background: backgroundOf(this.frame),
    });
    this.mark(slice, layer.full);
  }

  private mark(slice: DecodedSlice, full: number): void {
    if (this.drawn === slice) return;
    this.drawn = slice;
    this.session.timings.mark("firstPreview");
    if (slice.level < full) return;
    this.session.timings.mark("firstFull");
    this.session.grantLeisure();
  }
}

/** The stage color of the style sheet as the canvas needs it. */
function backgroundOf(element: HTMLElement): readonly [number, number, number] {
  const value = getComputedStyle(element).getPropertyValue("--hv-stage").trim();
  const match = /^#([0-9a-f]{6})$/i.exec(value);
  const number = Number.parseInt(match?.[1] ?? "0b0e11", 16);
  return [((number >> 16) & 255) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}
