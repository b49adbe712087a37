/** Which overlays can lie on the image, and why others cannot. */

import { sameGrid } from "../core/geometry";
import type { Layer } from "../core/layer";

export interface OverlayChoice {
  readonly fitting: readonly Layer[];
  readonly refused: readonly { readonly layer: Layer; readonly reason: string }[];
}

export function overlaysFor(image: Layer, layers: readonly Layer[]): OverlayChoice {
  const fitting: Layer[] = [];
  const refused: { layer: Layer; reason: string }[] = [];
  for (const layer of layers) {
    if (layer.meta.role !== "overlay") continue;
    const reason = refusal(image, layer);
    if (reason) refused.push({ layer, reason });
    else fitting.push(layer);
  }
  return { fitting, refused };
}

function refusal(image: Layer, overlay: Layer): string | null {
  const name = `“${overlay.meta.name}”`;
  if (overlay.meta.components !== 1 || overlay.meta.type.startsWith("float")) {
    return `${name} is not shown: it holds no whole-number labels.`;
  }
  if (!sameGrid(image.meta, overlay.meta)) {
    return `${name} is not shown: its voxel grid differs from the image's (size, spacing, position or direction). Resample it to the image to see it here.`;
  }
  if (overlay.meta.timepoints > 1 && overlay.meta.timepoints !== image.meta.timepoints) {
    return `${name} is not shown: it has ${overlay.meta.timepoints} time points, the image has ${image.meta.timepoints}.`;
  }
  return null;
}
