/** Compressed bytes held per slice: a growing prefix, so that nothing is asked for twice. */

import { crc32 } from "./crc32";
import { sliceKey } from "./caches";
import type { LruCache } from "./lru";
import type { CutTable } from "./meta";
import { type FragmentMessage, NO_LEVEL } from "./protocol";

export interface Stream {
  readonly level: number;
  readonly bytes: number;
  readonly parts: readonly Uint8Array[];
}

export type Acceptance = "appended" | "known" | "gap" | "corrupt";

export class SliceStreams {
  private readonly cuts: CutTable;
  private readonly levels: number;
  /** Shared with the other layers. */
  private readonly held: LruCache<number, Stream>;
  private readonly layer: number;

  constructor(options: { cuts: CutTable; levels: number; held: LruCache<number, Stream>; layer: number }) {
    this.cuts = options.cuts.slice();
    this.levels = options.levels;
    this.held = options.held;
    this.layer = options.layer;
  }

  /**
   * Takes over cut points, row by row from slice `first` on; zeros say that they are not known yet. Bytes
   * that were cut otherwise (a slice encoded anew) are forgotten.
   */
  learn(first: number, cuts: CutTable): void {
    for (let row = 0; row + this.levels <= cuts.length; row += this.levels) {
      const slice = first + row / this.levels;
      const fresh = cuts.subarray(row, row + this.levels);
      const at = slice * this.levels;
      if (fresh[this.levels - 1] === 0 || at + this.levels > this.cuts.length) continue;
      if (fresh.some((cut, level) => cut !== this.cuts[at + level])) this.forget(slice);
      this.cuts.set(fresh, at);
    }
  }

  /** Highest level held of a stored slice, or {@link NO_LEVEL}. */
  have(slice: number): number {
    return this.held.peek(sliceKey(this.layer, slice))?.level ?? NO_LEVEL;
  }

  holds(slice: number, level: number): boolean {
    const have = this.have(slice);
    return have !== NO_LEVEL && have >= level;
  }

  /** Adds a fragment; one that overlaps what is held is trimmed, one that leaves a gap is not used. */
  accept(fragment: FragmentMessage): Acceptance {
    const key = sliceKey(this.layer, fragment.slice);
    const known = this.held.get(key);
    const start = this.cut(fragment.slice, fragment.levelFrom);
    const held = known?.bytes ?? 0;
    if (known && known.level >= fragment.levelTo) return "known";
    if (start > held || fragment.levelTo >= this.levels) return "gap";
    if (crc32(fragment.payload) !== fragment.crc) return "corrupt";
    if (start + fragment.payload.length !== this.cut(fragment.slice, fragment.levelTo)) return "corrupt";
    const fresh = fragment.payload.subarray(held - start);
    const bytes = held + fresh.length;
    const parts = [...(known?.parts ?? []), fresh];
    this.held.set(key, { level: fragment.levelTo, bytes, parts }, bytes);
    return "appended";
  }

  /** A copy of the bytes of a slice up to `level`, ready to be handed to a worker. */
  prefix(slice: number, level: number): Uint8Array<ArrayBuffer> | null {
    const stream = this.held.get(sliceKey(this.layer, slice));
    if (!stream || stream.level < level) return null;
    const wanted = this.cut(slice, level);
    const out = new Uint8Array(wanted);
    let at = 0;
    for (const part of stream.parts) {
      if (at >= wanted) break;
      const piece = part.subarray(0, wanted - at);
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  /** Forgets a slice whose bytes turned out to be unusable, so that it is asked for anew. */
  forget(slice: number): void {
    this.held.delete(sliceKey(this.layer, slice));
  }

  /** Mean bytes up to a level of the slices whose cut points are known, for planning what fits into memory; 0 for none. */
  meanBytes(level: number): number {
    const slices = this.cuts.length / this.levels;
    let total = 0;
    let known = 0;
    for (let slice = 0; slice < slices; slice += 1) {
      const bytes = this.cut(slice, level);
      total += bytes;
      if (bytes > 0) known += 1;
    }
    return known > 0 ? total / known : 0;
  }

  private cut(slice: number, level: number): number {
    return level === NO_LEVEL ? 0 : (this.cuts[slice * this.levels + level] ?? 0);
  }
}
