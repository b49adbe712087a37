/** Annotations as the site keeps them (docs/annotations.md). */

import type { Vec3 } from "./meta";

/** How an annotation was looked at when it was drawn: unit vectors in LPS. */
export interface Frame {
  readonly timepoint: number;
  readonly normal: Vec3;
  readonly up: Vec3;
}

/** The display set that is open, and who reads it. */
export interface DisplaySet {
  readonly source: string;
  readonly object: string;
  /** Name of the account. */
  readonly reader: string;
  /** What may be done with the marks of others. */
  readonly others: "none" | "see" | "edit";
}

export interface StoredAnnotation {
  readonly pk: string;
  /** Address of the image in the API; see `imageOf`. */
  readonly image: string;
  readonly author: string;
  readonly kind: string;
  readonly tool: string;
  readonly version: number;
  /** Id of the change that made what stands. */
  readonly revision: string;
  readonly changed_by: string;
  readonly deleted: boolean;
  readonly value: unknown;
  readonly label: string;
  readonly color: string;
  readonly frame: Frame | null;
}

/** UUID of the image an annotation lies on. */
export function imageOf({ image }: Pick<StoredAnnotation, "image">): string {
  return image.split("/").filter(Boolean).at(-1) ?? "";
}

/** One slice of a mask: base64 of its deflated bytes, empty for an empty slice. */
export interface SliceChange {
  readonly index: number;
  readonly data: string;
}

/** Slices in lots of at most so many, and so many letters; a single one may be longer. */
export function sliceLots(slices: readonly SliceChange[], most: { readonly slices: number; readonly letters: number }): SliceChange[][] {
  const lots: SliceChange[][] = [];
  let letters = 0;
  for (const slice of slices) {
    const last = lots.at(-1);
    letters += slice.data.length;
    if (last && last.length < most.slices && letters <= most.letters) {
      last.push(slice);
    } else {
      lots.push([slice]);
      letters = slice.data.length;
    }
  }
  return lots;
}

/** What a change may say; what it leaves out stays as it was. */
export interface ChangeFields {
  readonly image?: string;
  readonly kind?: string;
  readonly tool?: string;
  readonly value?: unknown;
  readonly label?: string;
  readonly color?: string;
  readonly frame?: Frame | null;
  readonly deleted?: boolean;
  readonly slices?: readonly SliceChange[];
  /** Id of the question of a reader study that it answers. */
  readonly question?: string;
}

export interface Change extends ChangeFields {
  /** Made here; becomes the revision. */
  readonly id: string;
  readonly annotation: string;
  /** The revision it builds on; null makes a new annotation. */
  readonly base: string | null;
  /** ISO 8601, when it was done. */
  readonly made_at: string;
}

export interface ChangeResult {
  readonly id: string;
  readonly annotation: string;
  readonly status: "saved" | "repeated" | "conflict" | "refused";
  readonly version: number | null;
  readonly current: StoredAnnotation | null;
  readonly problem: { readonly detail?: string; readonly title?: string } | null;
}
