/**
 * The opening view on one canvas, from the first preview to the full slice, until the application takes over.
 *
 * A plain 2D canvas on purpose: a WebGL context and its shaders take longer to be made than the preview takes to arrive.
 */

import type { Layer } from "../core/layer";
import type { DecodedSlice } from "../core/pixels";
import type { Session } from "../core/session";
import type { FirstPaint } from "./boot";
import { type Opening, openingOf } from "./opening";
import { windowedPixels } from "./picture";
import { storedTransform } from "./placement";

export class FirstCanvas implements FirstPaint {
  private readonly session: Session;
  private readonly frame = document.createElement("div");
  private readonly canvas = document.createElement("canvas");
  private readonly endings: (() => void)[] = [];
  /** The first picture is on the screen. */
  readonly shown: Promise<void>;
  private tellShown: () => void = () => undefined;
  private opening: Opening | null = null;
  private picture: { readonly of: DecodedSlice; readonly pixels: OffscreenCanvas } | null = null;

  constructor(session: Session, root: HTMLElement) {
    this.session = session;
    this.shown = new Promise((resolve) => { this.tellShown = resolve; });
    this.frame.className = "hv-first";
    this.frame.setAttribute("aria-hidden", "true");
    this.frame.append(this.canvas);
    root.append(this.frame);
    const resizes = new ResizeObserver(() => { this.draw(); });
    resizes.observe(this.frame);
    this.endings.push(
      () => { resizes.disconnect(); },
      session.on("meta", () => { this.want({ brief: true }); }),
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
    this.picture = null;
    this.session.timings.mark("handedOver");
    this.session.grantLeisure();
  }

  /** Asks for the opening slice before anybody else is here to ask: first for it alone. */
  want({ brief }: { brief: boolean }): void {
    const { session } = this;
    this.opening = session.meta && openingOf(session.meta);
    const layer = this.opening && session.layers[this.opening.layer];
    if (!this.opening || !layer) return;
    const { slice, timepoint } = this.opening;
    session.want({
      layers: [layer.demand()],
      views: [{ layers: [layer.index], slice, timepoint, direction: 0, stored: true }],
      brief,
    });
  }

  private arrived(layer: number, slice: number): void {
    const { opening } = this;
    if (opening?.layer !== layer) return;
    if (this.session.layers[layer]?.sliceAt(opening.slice, opening.timepoint) === slice) this.draw();
  }

  /** Drawn at once and not with the next frame: nothing else is on the page yet. */
  private draw(): void {
    const { opening, session } = this;
    const layer = opening && session.layers[opening.layer];
    if (!opening || !layer) return;
    const slice = layer.store.best(layer.sliceAt(opening.slice, opening.timepoint));
    if (!slice) return;
    this.paint(layer, slice, this.picturesOf(slice, layer.meta.components, opening));
    session.timings.mark("firstPreview");
    this.tellShown();
    if (slice.level === layer.full) session.timings.mark("firstFull");
  }

  private picturesOf(slice: DecodedSlice, components: number, { window }: Opening): OffscreenCanvas {
    if (this.picture?.of === slice) return this.picture.pixels;
    const pixels = new OffscreenCanvas(slice.width, slice.height);
    const data = new ImageData(windowedPixels(slice, components, window), slice.width, slice.height);
    pixels.getContext("2d")?.putImageData(data, 0, 0);
    this.picture = { of: slice, pixels };
    return pixels;
  }

  private paint(layer: Layer, slice: DecodedSlice, pixels: OffscreenCanvas): void {
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) return;
    const stage = { width: Math.max(1, this.frame.clientWidth), height: Math.max(1, this.frame.clientHeight) };
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(stage.width * ratio);
    this.canvas.height = Math.round(stage.height * ratio);
    context.fillStyle = getComputedStyle(this.frame).getPropertyValue("--hv-stage").trim() || "#000";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.scale(this.canvas.width / stage.width, this.canvas.height / stage.height);
    context.transform(...storedTransform(layer.meta, stage));
    context.beginPath();
    context.rect(0, 0, layer.meta.size[0], layer.meta.size[1]);
    context.clip();
    context.imageSmoothingQuality = "medium";
    // Level pixel x sits on full pixel x * stride: its middle, not its edge.
    const shift = (1 - slice.stride) / 2;
    context.drawImage(pixels, shift, shift, slice.width * slice.stride, slice.height * slice.stride);
  }
}
