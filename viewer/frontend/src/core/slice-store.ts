/** Decoded slices of one layer: small previews kept for all, full ones while they fit. */

import { LruCache } from "./lru";
import type { DecodedSlice } from "./pixels";

export class SliceStore {
  private readonly previews: LruCache<number, DecodedSlice>;
  private readonly fulls: LruCache<number, DecodedSlice>;
  private readonly full: number;

  constructor(options: { fullLevel: number; previewBytes: number; fullBytes: number }) {
    this.full = options.fullLevel;
    this.previews = new LruCache(options.previewBytes);
    this.fulls = new LruCache(options.fullBytes);
  }

  get fullCount(): number {
    return this.fulls.count;
  }

  put(slice: number, decoded: DecodedSlice): void {
    const cache = decoded.level === this.full ? this.fulls : this.previews;
    cache.set(slice, decoded, decoded.pixels.byteLength);
  }

  /** The best that is decoded, marked as just used. */
  best(slice: number): DecodedSlice | undefined {
    return this.fulls.get(slice) ?? this.previews.get(slice);
  }

  preview(slice: number): DecodedSlice | undefined {
    return this.previews.peek(slice) ?? this.fulls.peek(slice);
  }

  /** Level of the best that is decoded, or -1. */
  level(slice: number): number {
    return this.fulls.peek(slice)?.level ?? this.previews.peek(slice)?.level ?? -1;
  }
}
