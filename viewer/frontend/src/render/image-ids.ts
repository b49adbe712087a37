/** Names under which Cornerstone3D knows our slices and volumes. */

export const SCHEME = "hounsfield";
const OVERLAY_SCHEME = "hounsfield-overlay";
const VOLUME_SCHEME = "hounsfield-volume";

/** A stored slice (`t * depth + k`) of a layer. */
export function sliceId(layer: number, slice: number): string {
  return `${SCHEME}:${layer}:${slice}`;
}

/** A slice of an overlay, colored. */
export function overlayId(layer: number, slice: number): string {
  return `${OVERLAY_SCHEME}:${layer}:${slice}`;
}

/** A slice inside a volume: the same pixels, kept in the volume's own array. */
export function volumeSliceId(volumeId: string, slice: number): string {
  return `${volumeId}:${slice}`;
}

export function volumeId(layer: number, timepoint: number): string {
  return `${VOLUME_SCHEME}:${layer}@${timepoint}`;
}

/** Layer and stored slice behind an id of any kind; `depth` turns timepoints into stored slices. */
export function parseId(id: string, depth: (layer: number) => number): { layer: number; slice: number } | null {
  const own = /^hounsfield(?:-overlay)?:(\d+):(\d+)$/.exec(id);
  if (own) return { layer: Number(own[1]), slice: Number(own[2]) };
  const inVolume = /^hounsfield-volume:(\d+)@(\d+):(\d+)$/.exec(id);
  if (!inVolume) return null;
  const layer = Number(inVolume[1]);
  return { layer, slice: Number(inVolume[2]) * depth(layer) + Number(inVolume[3]) };
}
