/** Decoded slices of one layer: small previews kept for all, full ones while they fit. */

import { type Caches, sliceKey } from "./caches";
import type { DecodedSlice } from "./pixels";

export class SliceStore {
  private readonly caches: Caches;
  private readonly layer: number;
  private readonly full: number;
  /** A full slice that lies in a volume: the volume's own memory, not a copy. */
  private readonly inVolume: (slice: number) => DecodedSlice | undefined;

  constructor(options: {
    caches: Caches;
    layer: number;
    fullLevel: number;
    inVolume?: (slice: number) => DecodedSlice | undefined;
  }) {
    this.caches = options.caches;
    this.layer = options.layer;
    this.full = options.fullLevel;
    this.inVolume = options.inVolume ?? (() => undefined);
  }

  put(slice: number, decoded: DecodedSlice): void {
    const cache = decoded.level === this.full ? this.caches.fulls : this.caches.previews;
    cache.set(sliceKey(this.layer, slice), decoded, decoded.pixels.byteLength);
  }

  /** The best that is decoded, marked as just used. */
  best(slice: number): DecodedSlice | undefined {
    const key = sliceKey(this.layer, slice);
    return this.caches.fulls.get(key) ?? this.inVolume(slice) ?? this.caches.previews.get(key);
  }

  preview(slice: number): DecodedSlice | undefined {
    const key = sliceKey(this.layer, slice);
    return this.caches.previews.peek(key) ?? this.caches.fulls.peek(key) ?? this.inVolume(slice);
  }

  /** Takes a full slice out, because it lies in a volume from now on. */
  take(slice: number): DecodedSlice | undefined {
    const key = sliceKey(this.layer, slice);
    const decoded = this.caches.fulls.peek(key);
    this.caches.fulls.delete(key);
    return decoded;
  }

  /** Level of the best that is decoded outside of a volume, or -1. */
  level(slice: number): number {
    const key = sliceKey(this.layer, slice);
    return this.caches.fulls.peek(key)?.level ?? this.caches.previews.peek(key)?.level ?? -1;
  }
}
