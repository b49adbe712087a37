/** What the viewer opens with: the same for the first paint and for the application. Pure. */

import type { LayerMeta, SessionMeta } from "../core/meta";
import { type Window, initialWindow } from "../core/window-level";

export interface Opening {
  /** Number of the layer shown. */
  readonly layer: number;
  /** Stored slice in the middle. */
  readonly slice: number;
  readonly timepoint: number;
  readonly window: Window;
}

/** The first image's middle slice; null when there is no image. */
export function openingOf(meta: SessionMeta): Opening | null {
  const layer = meta.layers.findIndex(({ role }) => role === "image");
  const image: LayerMeta | undefined = meta.layers[layer];
  if (!image) return null;
  return { layer, slice: Math.floor(image.size[2] / 2), timepoint: 0, window: initialWindow(image) };
}
