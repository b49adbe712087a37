/** Counts how much of the first image on the screen was ever decoded. */

import type { Layer } from "./layer";

export class DecodeTally {
  private readonly layer: Layer;
  private readonly first: number;
  private readonly levels: Int8Array;
  private previews = 0;
  private fulls = 0;

  constructor(layer: Layer, timepoint: number) {
    this.layer = layer;
    this.first = layer.sliceAt(0, timepoint);
    this.levels = new Int8Array(layer.meta.size[2]).fill(-1);
  }

  note(layer: number, slice: number, level: number): void {
    const k = slice - this.first;
    if (layer !== this.layer.index || k < 0 || k >= this.levels.length) return;
    const before = this.levels[k] as number;
    if (level <= before) return;
    this.levels[k] = level;
    if (before < 0) this.previews += 1;
    if (level === this.layer.full) this.fulls += 1;
  }

  /** Whether every slice was decoded at some level. */
  get swept(): boolean {
    return this.previews === this.levels.length;
  }

  /** Whether every slice was decoded losslessly. */
  get all(): boolean {
    return this.fulls === this.levels.length;
  }
}
