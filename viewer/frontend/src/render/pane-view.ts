/** The picture of one pane: a viewport of Cornerstone3D inside an element, fed with scenes. The latest scene wins. */

import { Enums, type StackViewport, type VolumeViewport } from "@cornerstonejs/core";
import { VolumeRefused } from "../core/volume";
import type { Size } from "./camera";
import type { Engine } from "./engine";
import { type Drawn, NOTHING_DRAWN, type Scene } from "./scene";
import { StackPainter } from "./stack-painter";
import { VolumePainter } from "./volume-painter";

type Kind = "stack" | "volume";

export class PaneView {
  /** Draws so far, for measurements. */
  draws = 0;
  drawn: Drawn = NOTHING_DRAWN;
  /** Told when a picture could not be made, with a sentence for the reader. */
  onRefused: (reason: string) => void = () => undefined;
  private readonly engine: Engine;
  private readonly id: string;
  private readonly host = document.createElement("div");
  private readonly onDrawn: () => void;
  private kind: Kind | null = null;
  private painter: StackPainter | VolumePainter | null = null;
  private wanted: Scene | null = null;
  private changed = false;
  private working = false;
  private pending = false;

  constructor(options: { engine: Engine; id: string; element: HTMLElement; onDrawn: () => void }) {
    this.engine = options.engine;
    this.id = options.id;
    this.onDrawn = options.onDrawn;
    this.host.className = "hv-picture";
    Object.assign(this.host.style, { position: "absolute", left: "0", top: "0" });
    options.element.append(this.host);
    this.host.addEventListener(Enums.Events.IMAGE_RENDERED, () => {
      this.draws += 1;
      if (!this.changed && !this.working) this.pending = false;
      this.drawn = this.painter?.drawn ?? NOTHING_DRAWN;
      this.onDrawn();
    });
  }

  get scene(): Scene | null {
    return this.wanted;
  }

  /** Whether what is on the screen is what was asked for last. */
  get upToDate(): boolean {
    return !this.pending;
  }

  show(scene: Scene | null): void {
    this.wanted = scene;
    this.changed = scene !== null;
    this.pending = scene !== null;
    if (scene === null) this.leave();
    else if (!this.working) void this.work();
  }

  /** A stored slice was decoded; stack panes that show it draw it anew. */
  sliceDecoded(layer: number, slice: number): void {
    const scene = this.wanted;
    if (!scene || scene.stored === null) return;
    const layers = [scene.layer, ...scene.overlays.map((overlay) => overlay.layer)];
    const shown = layers.find(({ index }) => index === layer);
    if (shown?.sliceAt(scene.stored, scene.timepoint) === slice) this.show(scene);
  }

  /** More of a volume is with the graphics device. */
  volumeNews(): void {
    if (this.painter instanceof VolumePainter) this.painter.viewport.render();
  }

  /** The element has another size; draws with the scene that comes next. */
  resize({ width, height }: Size): void {
    Object.assign(this.host.style, { width: `${width}px`, height: `${height}px` });
    if (this.painter) this.engine.cornerstone.resize(false, true);
  }

  rebuild(): void {
    this.leave();
    if (this.wanted) this.show(this.wanted);
  }

  destroy(): void {
    this.leave();
    this.wanted = null;
    this.engine.forget(this);
    this.host.remove();
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.changed && this.wanted) {
      this.changed = false;
      await this.apply(this.wanted);
    }
    this.working = false;
  }

  private async apply(scene: Scene): Promise<void> {
    const kind: Kind = scene.stored === null ? "volume" : "stack";
    if (kind !== this.kind) this.enable(kind);
    const { painter } = this;
    try {
      await painter?.show(scene);
      if (kind === "volume") this.engine.sendVolumes();
    } catch (error) {
      // A pane that was closed meanwhile has nothing to say any more.
      if (painter !== this.painter) return;
      this.pending = false;
      if (!(error instanceof VolumeRefused)) throw error;
      this.onRefused(error.message);
    }
  }

  private enable(kind: Kind): void {
    this.leave();
    const { ORTHOGRAPHIC, STACK } = Enums.ViewportType;
    const { cornerstone, background, images, volumes } = this.engine;
    cornerstone.enableElement({
      viewportId: this.id,
      type: kind === "volume" ? ORTHOGRAPHIC : STACK,
      element: this.host,
      defaultOptions: { background: [...background] as [number, number, number] },
    } as Parameters<typeof cornerstone.enableElement>[0]);
    const viewport = cornerstone.getViewport(this.id);
    this.kind = kind;
    this.painter =
      kind === "volume"
        ? new VolumePainter(viewport as VolumeViewport, volumes, this.id)
        : new StackPainter(viewport as StackViewport, images, this.id);
  }

  private leave(): void {
    if (!this.painter) return;
    this.painter.leave();
    this.painter = null;
    this.kind = null;
    this.drawn = NOTHING_DRAWN;
    this.engine.cornerstone.disableElement(this.id);
    this.engine.volumes.tidy();
  }
}
