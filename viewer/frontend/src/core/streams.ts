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
    this.cuts = options.cuts;
    this.levels = options.levels;
    this.held = options.held;
    this.layer = options.layer;
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

  /** Mean bytes of a slice up to a level, for planning what fits into memory. */
  meanBytes(level: number): number {
    const slices = this.cuts.length / this.levels;
    let total = 0;
    for (let slice = 0; slice < slices; slice += 1) total += this.cut(slice, level);
    return slices > 0 ? total / slices : 0;
  }

  private cut(slice: number, level: number): number {
    return level === NO_LEVEL ? 0 : (this.cuts[slice * this.levels + level] ?? 0);
  }
}
