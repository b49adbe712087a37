/** The pictures of the panes: mounts them, hands them scenes, and tells when they are on the screen. */

import type { Layer } from "../core/layer";
import type { Size } from "../render/camera";
import { type Background, Engine } from "../render/engine";
import type { PaneView } from "../render/pane-view";
import { NOTHING_DRAWN, type Drawn, type Scene, sameScene } from "../render/scene";
import type { PaneId } from "./workspace-state";

interface Place {
  readonly view: PaneView | null;
  readonly observer: ResizeObserver;
  size: Size;
}

export class Screen {
  /** Null on a device without WebGL 2. */
  readonly engine: Engine | null;
  private readonly places = new Map<PaneId, Place>();
  private readonly onResize: () => void;
  private readonly onDrawn: (pane: PaneId) => void;
  private readonly onRefused: (pane: PaneId, reason: string) => void;

  constructor(options: {
    background: Background;
    onResize: () => void;
    onDrawn: (pane: PaneId) => void;
    onRefused: (pane: PaneId, reason: string) => void;
  }) {
    this.engine = Engine.usable ? new Engine(options.background) : null;
    this.onResize = options.onResize;
    this.onDrawn = options.onDrawn;
    this.onRefused = options.onRefused;
  }

  mount(pane: PaneId, element: HTMLElement): void {
    this.unmount(pane);
    const view = this.engine?.view(`pane-${pane}`, element, () => { this.onDrawn(pane); }) ?? null;
    if (view) view.onRefused = (reason) => { this.onRefused(pane, reason); };
    const observer = new ResizeObserver(() => { this.measure(pane, element); });
    const size = sizeOf(element);
    view?.resize(size);
    this.places.set(pane, { view, observer, size });
    observer.observe(element);
  }

  unmount(pane: PaneId): void {
    const place = this.places.get(pane);
    this.places.delete(pane);
    place?.observer.disconnect();
    place?.view?.destroy();
  }

  size(pane: PaneId): Size {
    return this.places.get(pane)?.size ?? { width: 1, height: 1 };
  }

  /** Whether a pane has a place of some size. */
  has(pane: PaneId): boolean {
    return this.size(pane).width > 1;
  }

  drawn(pane: PaneId): Drawn {
    return this.places.get(pane)?.view?.drawn ?? NOTHING_DRAWN;
  }

  /** Frames drawn so far. */
  draws(pane: PaneId): number {
    return this.places.get(pane)?.view?.draws ?? 0;
  }

  /** Whether what is on the screen is what was asked for last. */
  upToDate(pane: PaneId): boolean {
    return this.places.get(pane)?.view?.upToDate ?? false;
  }

  /** Draws a scene unless it is on the screen already; tells whether it will be drawn. */
  show(pane: PaneId, scene: Scene | null): boolean {
    const view = this.places.get(pane)?.view;
    if (!view) return false;
    const before = view.scene;
    if (before === scene || (before && scene && sameScene(before, scene))) return false;
    view.show(scene);
    return true;
  }

  setLayers(layers: readonly Layer[]): void {
    this.engine?.setLayers(layers);
  }

  private measure(pane: PaneId, element: HTMLElement): void {
    const place = this.places.get(pane);
    if (!place) return;
    const size = sizeOf(element);
    if (size.width === place.size.width && size.height === place.size.height) return;
    place.size = size;
    place.view?.resize(size);
    this.onResize();
  }
}

/** Whole pixels: a picture of a fraction more would be stretched by the browser, and readings would be off by as much. */
function sizeOf(element: HTMLElement): Size {
  const { width, height } = element.getBoundingClientRect();
  return { width: Math.max(1, Math.floor(width)), height: Math.max(1, Math.floor(height)) };
}
