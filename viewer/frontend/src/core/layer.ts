/** One layer of the session with everything held of it. */

import {
  type CutTable,
  type LayerMeta,
  fullLevel,
  levelSize,
  levelStride,
  previewLevel,
  storedSlices,
} from "./meta";
import type { DecodeJob } from "./decode-job";
import { type DecodedSlice, type Pixels, bytesPerValue } from "./pixels";
import { SliceStore } from "./slice-store";
import { SliceStreams } from "./streams";
import type { LayerDemand } from "./wants";

export interface Budgets {
  readonly streamBytes: number;
  readonly previewBytes: number;
  readonly fullBytes: number;
}

/** Share of a budget that is planned for; the rest is slack so that the plan does not evict itself. */
const PLANNED = 0.9;

export class Layer {
  readonly index: number;
  readonly meta: LayerMeta;
  readonly streams: SliceStreams;
  readonly store: SliceStore;
  readonly preview: number;
  readonly full: number;
  readonly slices: number;
  private readonly capacity: number;
  private readonly broken = new Map<number, number>();

  constructor(index: number, meta: LayerMeta, cuts: CutTable, budgets: Budgets) {
    this.index = index;
    this.meta = meta;
    this.preview = previewLevel(meta);
    this.full = fullLevel(meta);
    this.slices = storedSlices(meta);
    this.streams = new SliceStreams(cuts, meta.levels, budgets.streamBytes);
    this.store = new SliceStore({
      fullLevel: this.full,
      previewBytes: budgets.previewBytes,
      fullBytes: budgets.fullBytes,
    });
    const sliceBytes = meta.size[0] * meta.size[1] * meta.components * bytesPerValue(meta.type);
    this.capacity = Math.max(
      8,
      Math.floor(
        PLANNED *
          Math.min(budgets.fullBytes / sliceBytes, budgets.streamBytes / Math.max(1, this.streams.meanBytes())),
      ),
    );
  }

  demand(): LayerDemand {
    return {
      layer: this.index,
      depth: this.meta.size[2],
      timepoints: Math.max(1, this.meta.timepoints),
      preview: this.preview,
      full: this.full,
      capacity: this.capacity,
    };
  }

  /** Number of a stored slice; a layer without timepoints of its own stays on its only one. */
  sliceAt(k: number, timepoint: number): number {
    return Math.min(timepoint, Math.max(1, this.meta.timepoints) - 1) * this.meta.size[2] + k;
  }

  jobFor(slice: number, level: number): Omit<DecodeJob, "id"> | null {
    const bytes = this.streams.prefix(slice, level);
    if (!bytes) return null;
    const [width, height] = levelSize(this.meta, level);
    return {
      codec: this.meta.codec,
      bytes,
      reduce: this.full - level,
      type: this.meta.type,
      length: width * height * this.meta.components,
    };
  }

  decoded(slice: number, level: number, pixels: Pixels): DecodedSlice {
    const [width, height] = levelSize(this.meta, level);
    const decoded = { level, width, height, stride: levelStride(this.meta, level), pixels };
    this.store.put(slice, decoded);
    return decoded;
  }

  /** Notes a failure; a slice is asked for anew twice, then given up. */
  failed(slice: number): void {
    this.streams.forget(slice);
    this.broken.set(slice, (this.broken.get(slice) ?? 0) + 1);
  }

  givenUp(slice: number): boolean {
    return (this.broken.get(slice) ?? 0) > 2;
  }
}
