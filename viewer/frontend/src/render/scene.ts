/** What one pane shows, in the words of the renderer: everything is worked out, nothing is looked up any more. */

import type { Layer } from "../core/layer";
import { type Camera, sameCamera } from "./camera";
import type { OverlayLook } from "./overlay-colors";

export type SlabMode = "none" | "mip" | "minip" | "average";
export type Interpolation = "nearest" | "linear";

export interface Slab {
  readonly mode: SlabMode;
  /** Millimetres along the normal, half of it on each side of the plane. */
  readonly thickness: number;
}

export interface OverlayScene {
  readonly layer: Layer;
  readonly look: OverlayLook;
}

export interface Scene {
  readonly layer: Layer;
  readonly timepoint: number;
  /** Stored slice k shown as it is; null: a cut through the volume. */
  readonly stored: number | null;
  readonly camera: Camera;
  /** Values of the first and the last color. */
  readonly bounds: readonly [number, number];
  readonly inverted: boolean;
  readonly colorMap: string;
  readonly interpolation: Interpolation;
  readonly slab: Slab;
  readonly overlays: readonly OverlayScene[];
}

/** What is on the screen. */
export interface Drawn {
  /** Lowest level on the screen, null when nothing could be shown. */
  readonly level: number | null;
  readonly complete: boolean;
}

export const NOTHING_DRAWN: Drawn = { level: null, complete: false };

/** Whether two scenes give the same picture of the same pixels. */
export function sameScene(a: Scene, b: Scene): boolean {
  return (
    a.layer === b.layer &&
    a.timepoint === b.timepoint &&
    a.stored === b.stored &&
    a.inverted === b.inverted &&
    a.colorMap === b.colorMap &&
    a.interpolation === b.interpolation &&
    a.bounds.join() === b.bounds.join() &&
    a.slab.mode === b.slab.mode &&
    (a.slab.mode === "none" || a.slab.thickness === b.slab.thickness) &&
    sameCamera(a.camera, b.camera) &&
    a.overlays.length === b.overlays.length &&
    a.overlays.every((overlay, index) => sameOverlay(overlay, b.overlays[index]))
  );
}

function sameOverlay(a: OverlayScene, b: OverlayScene | undefined): boolean {
  return a.layer === b?.layer && lookKey(a.look) === lookKey(b.look);
}

/** One text per look. */
export function lookKey(look: OverlayLook): string {
  return look.kind === "labels"
    ? `labels:${look.opacity}:${look.revision ?? 0}:${[...look.hidden].sort((x, y) => x - y).join()}`
    : `heat:${look.opacity}:${look.colorMap}:${look.range.join()}:${look.smooth}`;
}
