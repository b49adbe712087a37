/** Masks in the words of the site's API (docs/annotations.md). Pure. */

import type { DisplaySet, StoredAnnotation } from "../core/annotations";
import { spareColor } from "../core/palette";
import type { Mask, MaskAbout, MaskSegment } from "./mask";

export interface MaskValue {
  readonly segments?: readonly { readonly voxel_value: number; readonly name: string; readonly visible?: boolean; readonly color?: string }[];
  readonly bits?: number;
}

export const MASK_KIND = "SEG";
/** The word by which the site remembers what made it. */
export const MASK_TOOL_WORD = "mask";

export function isMask({ kind }: Pick<StoredAnnotation, "kind">): boolean {
  return kind === MASK_KIND;
}

/** A named background is no segment that could be painted. */
export function segmentsOf({ segments = [] }: MaskValue): readonly MaskSegment[] {
  return segments
    .filter(({ voxel_value: value }) => value > 0)
    .map(({ voxel_value: value, name, visible = true, color }) => ({ value, name, visible, color: color ?? spareColor(value), locked: false }));
}

export function valueOf(mask: Mask, segments: readonly MaskSegment[] = mask.segments): MaskValue {
  return {
    segments: segments.map(({ value, name, visible, color }) => ({ voxel_value: value, name, visible, color })),
    bits: mask.map.type === "uint16" ? 16 : 8,
  };
}

type Row = Pick<StoredAnnotation, "pk" | "author" | "label" | "frame"> & { readonly may_change?: boolean };

export function aboutOf({ pk, author, label, frame, may_change: mayChange }: Row, { reader, others }: DisplaySet): MaskAbout {
  const mine = author === reader;
  return {
    id: pk,
    name: label || "Mask",
    author,
    mine,
    editable: mayChange ?? (mine || others === "edit"),
    question: null,
    timepoint: frame?.timepoint ?? 0,
  };
}
