import type { LayerMeta } from "./meta";

/** Modalities whose single images still have a place in the patient. */
const PLACED = new Set(["CT", "MR", "PT", "NM"]);

/**
 * Whether directions in the patient mean anything: not for photographs, color video frames or
 * projection radiographs, which carry no position in LPS space.
 */
export function isOriented(layer: LayerMeta): boolean {
  if (layer.components >= 3) return false;
  return layer.size[2] > 1 || PLACED.has(layer.modality);
}
