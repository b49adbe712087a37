/** Which overlays can lie on the image, and why others cannot. */

import { sameGrid } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { LayerMeta } from "../core/meta";
import { sharesSpace } from "../render/sections";

export interface OverlayChoice {
  readonly fitting: readonly Layer[];
  readonly refused: readonly { readonly layer: Layer; readonly reason: string }[];
}

/** `cutRefusal`: why the image or an overlay cannot be cut, which an overlay on a grid of its own needs. */
export function overlaysFor(
  image: Layer,
  layers: readonly Layer[],
  cutRefusal: (layer: Layer) => string | null = () => null,
): OverlayChoice {
  const fitting: Layer[] = [];
  const refused: { layer: Layer; reason: string }[] = [];
  for (const layer of layers) {
    if (layer.meta.role !== "overlay" || layer.gone) continue;
    // What is drawn here belongs to its image alone: nobody would look for it on another one.
    if (layer.local && !liesOnGrid(image.meta, layer.meta)) continue;
    const reason = refusal(image, layer, cutRefusal);
    if (reason) refused.push({ layer, reason });
    else fitting.push(layer);
  }
  return { fitting, refused };
}

/** Whether an overlay lies voxel on voxel, so that stored slices can carry it. */
export function liesOnGrid(image: LayerMeta, overlay: LayerMeta): boolean {
  return sameGrid(image, overlay);
}

function refusal(image: Layer, overlay: Layer, cutRefusal: (layer: Layer) => string | null): string | null {
  const name = `“${overlay.meta.name}”`;
  if (overlay.meta.components !== 1) {
    return `${name} is not shown: it holds ${overlay.meta.components} values per voxel, an overlay has one.`;
  }
  if (overlay.meta.timepoints > 1 && overlay.meta.timepoints !== image.meta.timepoints) {
    return `${name} is not shown: it has ${overlay.meta.timepoints} time points, the image has ${image.meta.timepoints}.`;
  }
  if (liesOnGrid(image.meta, overlay.meta)) return null;
  if (!sharesSpace(image.meta, overlay.meta)) {
    return `${name} is not shown: it lies somewhere else in the patient than this image.`;
  }
  if (image.meta.size[2] < 2) {
    return `${name} is not shown: its voxel grid differs from that of this single image.`;
  }
  const reason = cutRefusal(image) ?? cutRefusal(overlay);
  return reason ? `${name} is not shown: it lies on a voxel grid of its own. ${reason}` : null;
}
