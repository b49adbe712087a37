/** What `window.hounsfieldViewer` tells of masks. */

import type { MaskSettings } from "./core/masks/tools";
import type { MaskSegment, Masks } from "./state/masks";

export interface MaskInspection {
  readonly id: string;
  readonly name: string;
  /** UUID of the image. */
  readonly image: string;
  readonly author: string;
  readonly editable: boolean;
  readonly loading: boolean;
  readonly saving: string;
  readonly segments: readonly (MaskSegment & { readonly voxels: number })[];
  /** Bytes of slices that hold something. */
  readonly bytes: number;
}

export interface MasksInspection {
  readonly list: readonly MaskInspection[];
  readonly settings: MaskSettings;
  /** Steps that can be taken back. */
  readonly steps: { readonly last: string | null; readonly next: string | null };
  /** Whether something is being drawn or worked on. */
  readonly busy: boolean;
  /** Labels of slice `k`, columns first. */
  slice(id: string, k: number): readonly number[];
}

export function masksInspection(masks: Masks, isBusy: () => boolean): MasksInspection {
  return {
    get list() {
      return masks.all.map((mask) => ({
        id: mask.id,
        name: mask.name,
        image: mask.image.meta.image,
        author: mask.author,
        editable: mask.editable,
        loading: mask.loading,
        saving: mask.saving,
        segments: mask.segments.map((segment) => ({ ...segment, voxels: mask.map.count(segment.value) })),
        bytes: mask.map.bytes,
      }));
    },
    get settings() { return masks.settings; },
    get steps() { return { last: masks.history.last?.name ?? null, next: masks.history.next?.name ?? null }; },
    get busy() { return isBusy(); },
    slice: (id, k) => [...(masks.get(id)?.map.slice(k) ?? [])],
  };
}
