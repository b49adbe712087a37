/** Everything held in memory, bounded over all layers together. */

import type { Budgets } from "./budgets";
import { LruCache } from "./lru";
import type { DecodedSlice } from "./pixels";
import type { Stream } from "./streams";
import { type VolumeListener, VolumeShelf } from "./volumes";

export class Caches {
  readonly budgets: Budgets;
  readonly streams: LruCache<number, Stream>;
  readonly previews: LruCache<number, DecodedSlice>;
  readonly fulls: LruCache<number, DecodedSlice>;
  readonly volumes: VolumeShelf;

  constructor(budgets: Budgets, listener: VolumeListener = {}) {
    this.budgets = budgets;
    this.streams = new LruCache(budgets.streamBytes);
    this.previews = new LruCache(budgets.previewBytes);
    this.fulls = new LruCache(budgets.fullBytes);
    this.volumes = new VolumeShelf(budgets.volumeBytes, listener);
  }

  clear(): void {
    this.streams.clear();
    this.previews.clear();
    this.fulls.clear();
    this.volumes.clear();
  }
}

/** One number for a stored slice of a layer: the protocol has 256 layers of 65,536 slices. */
export function sliceKey(layer: number, slice: number): number {
  return layer * 0x10000 + slice;
}
