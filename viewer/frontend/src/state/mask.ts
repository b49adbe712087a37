/** One mask: labels on the grid of an image, and the segments they stand for. Writes go through `Masks`. */

import type { Layer } from "../core/layer";
import { type Change, Edit, type Permit, permitOf } from "../core/masks/edit";
import type { LabelMap } from "../core/masks/label-map";
import type { MaskLayer } from "../core/masks/layer";
import type { Saving } from "./annotations";

export interface MaskSegment {
  /** The label of its voxels. */
  readonly value: number;
  readonly name: string;
  /** `#rrggbb`. */
  readonly color: string;
  readonly visible: boolean;
  /** Nothing changes its voxels. */
  readonly locked: boolean;
}

export interface MaskAbout {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly mine: boolean;
  readonly editable: boolean;
  /** The question that it answers; null where it is a mask of its own. */
  readonly question: string | null;
  /** Of an image over time: the one it lies on. */
  readonly timepoint: number;
}

/** What a brush may paint over: everything that is not locked, or nothing that is labeled already. */
export type Over = "everything" | "background";

export class Mask {
  readonly id: string;
  readonly author: string;
  readonly mine: boolean;
  readonly question: string | null;
  readonly timepoint: number;
  readonly image: Layer;
  readonly layer: MaskLayer;
  saving: Saving = "saved";
  /** Its slices are on the way: nothing is painted before they are there. */
  loading = false;
  /** Its slices cannot be had: nothing is shown of it, or painted on it. */
  unreadable = false;
  private readonly mayChange: boolean;
  private title: string;
  private list: readonly MaskSegment[];
  private chosen: number;

  constructor(options: { readonly about: MaskAbout; readonly image: Layer; readonly layer: MaskLayer; readonly segments: readonly MaskSegment[] }) {
    const { about } = options;
    this.id = about.id;
    this.author = about.author;
    this.mine = about.mine;
    this.mayChange = about.editable;
    this.question = about.question;
    this.timepoint = about.timepoint;
    this.image = options.image;
    this.layer = options.layer;
    this.title = about.name;
    this.list = options.segments;
    this.chosen = options.segments[0]?.value ?? 1;
    this.describe();
  }

  get editable(): boolean { return this.mayChange && !this.loading && !this.unreadable; }
  get map(): LabelMap { return this.layer.map; }
  get name(): string { return this.title; }
  get segments(): readonly MaskSegment[] { return this.list; }

  /** The segment that is painted; the first one where the chosen one is gone. */
  get segment(): MaskSegment | undefined {
    return this.list.find(({ value }) => value === this.chosen) ?? this.list[0];
  }

  select(value: number): void {
    if (this.list.some((segment) => segment.value === value)) this.chosen = value;
  }

  /** Milliliters of a segment. */
  volume(value: number): number {
    const [i, j, k] = this.image.meta.spacing;
    return (this.map.count(value) * i * j * k) / 1000;
  }

  set(patch: { readonly name?: string; readonly segments?: readonly MaskSegment[] }): void {
    this.title = patch.name ?? this.title;
    this.list = patch.segments ?? this.list;
    this.describe();
  }

  /** An edit that leaves locked segments alone. `over` tells which others may be written over. */
  edit(over: Over | ReadonlySet<number>): Edit {
    return new Edit(this.map, this.permit(over));
  }

  /** Tells the screen which slices differ. */
  touched(slices: Iterable<number>): void {
    this.layer.touch(slices);
  }

  private permit(over: Over | ReadonlySet<number>): Permit {
    const locked = new Set(this.list.filter((segment) => segment.locked).map(({ value }) => value));
    const highest = this.map.highestLabel;
    if (over === "everything") return permitOf({ highest, locked });
    return permitOf({ highest, locked, only: over === "background" ? new Set([0]) : over });
  }

  private describe(): void {
    this.layer.describe(this.title, this.list);
  }
}

/** Something that was done to a mask and is to be saved. */
export interface MaskEdit {
  readonly mask: Mask;
  readonly slices: readonly number[];
  /** Name or segments differ. */
  readonly described: boolean;
  readonly deleted?: boolean;
}

export type { Change };
