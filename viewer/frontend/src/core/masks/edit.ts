/**
 * Changes of a label map as runs of voxels, so that a stroke costs as much memory as it covers and can be taken back.
 * An `Edit` writes and notes what was there; the `Change` it becomes undoes and redoes the same voxels.
 */

import type { LabelMap } from "./label-map";

/** Which labels may be written over: 1 at the place of each that may. */
export type Permit = Uint8Array;

export interface PermitOptions {
  readonly highest: number;
  /** Labels that nothing may change. */
  readonly locked: ReadonlySet<number>;
  /** Only these may be written over; all that are not locked without it. */
  readonly only?: ReadonlySet<number>;
}

export function permitOf({ highest, locked, only }: PermitOptions): Permit {
  const permit = new Uint8Array(highest + 1);
  for (let label = 0; label <= highest; label += 1) {
    permit[label] = Number(!locked.has(label) && (only?.has(label) ?? true));
  }
  return permit;
}

/** Numbers per run: slice, first voxel in it, voxels, and labels before and after in one. */
const FIELDS = 4;

export interface Change {
  /** In the order in which they were written. */
  readonly runs: Uint32Array;
  /** Slices that differ, lowest first. */
  readonly slices: readonly number[];
  readonly bytes: number;
}

export class Edit {
  /** Slices written to since `takeTouched` was called last. */
  private touched = new Set<number>();
  private readonly slices = new Set<number>();
  private readonly map: LabelMap;
  private readonly permit: Permit;
  private runs = new Uint32Array(64 * FIELDS);
  private used = 0;

  constructor(map: LabelMap, permit: Permit) {
    this.map = map;
    this.permit = permit;
  }

  get empty(): boolean {
    return this.used === 0;
  }

  /** Writes `label` over the voxels `from` … `to` (not included) of slice `k`, where that is permitted. */
  run(k: number, from: number, to: number, label: number): void {
    const labels = this.map.slice(k);
    let start = from;
    while (start < to) {
      const before = labels[start] as number;
      let end = start + 1;
      while (end < to && labels[end] === before) end += 1;
      if (before !== label && this.permit[before] === 1) this.write(k, start, end - start, before, label);
      start = end;
    }
  }

  /** Slices that have news for the screen; each is told once. */
  takeTouched(): ReadonlySet<number> {
    const { touched } = this;
    this.touched = new Set();
    return touched;
  }

  /** What was done; null when nothing was. */
  finish(): Change | null {
    if (this.empty) return null;
    const runs = this.runs.slice(0, this.used);
    return { runs, slices: [...this.slices].sort((a, b) => a - b), bytes: runs.byteLength };
  }

  private write(k: number, start: number, length: number, before: number, label: number): void {
    this.map.put(k, start, length, before, label);
    this.touched.add(k);
    this.slices.add(k);
    const { runs, used } = this;
    const labels = pack(before, label);
    const joins =
      used > 0 && runs[used - 4] === k && runs[used - 1] === labels && (runs[used - 3] as number) + (runs[used - 2] as number) === start;
    if (joins) {
      runs[used - 2] = (runs[used - 2] as number) + length;
      return;
    }
    this.makeRoom();
    this.runs.set([k, start, length, labels], used);
    this.used += FIELDS;
  }

  private makeRoom(): void {
    if (this.used < this.runs.length) return;
    const larger = new Uint32Array(this.runs.length * 2);
    larger.set(this.runs);
    this.runs = larger;
  }
}

/** Brings back what was there before. */
export function undoChange(map: LabelMap, { runs }: Change): void {
  for (let at = runs.length - FIELDS; at >= 0; at -= FIELDS) replay(map, runs, at, "before");
}

export function redoChange(map: LabelMap, { runs }: Change): void {
  for (let at = 0; at < runs.length; at += FIELDS) replay(map, runs, at, "after");
}

function replay(map: LabelMap, runs: Uint32Array, at: number, to: "before" | "after"): void {
  const [k = 0, start = 0, length = 0, labels = 0] = runs.subarray(at, at + FIELDS);
  const [before, after] = [labels >>> 16, labels & 0xffff];
  if (to === "after") map.put(k, start, length, before, after);
  else map.put(k, start, length, after, before);
}

function pack(before: number, after: number): number {
  return before * 0x10000 + after;
}
