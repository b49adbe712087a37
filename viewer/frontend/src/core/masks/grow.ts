/**
 * Connected parts of a volume: region growing over values, and filling over labels. Voxels touch by their faces.
 * Works row by row and gives the thread back in between, because a volume may take seconds.
 */

import type { Vec3 } from "../meta";
import type { Pixels } from "../pixels";
import type { Region, Visit } from "./region";

/** Values of slice `k`, one per voxel, columns first; null while they are not known. */
export type Values = (k: number) => Pixels | null;

export interface Growth {
  readonly size: Vec3;
  /** Whole numbers, inside the grid. */
  readonly seed: Vec3;
  readonly values: Values;
  /** Values that belong to it, ends included. */
  readonly range: readonly [low: number, high: number];
  /** It does not grow out of this. */
  readonly within: Region;
}

export interface Grown {
  /** Runs of voxels: slice, first, and the one after the last. */
  readonly runs: Uint32Array;
  readonly voxels: number;
  /** Whether it came to the edge of the grid in one of the directions that `within` spans. */
  readonly open: boolean;
  /** Slices that it would have grown into, but whose values are not known. */
  readonly missing: number;
}

/** Rows between two pauses. */
const ROWS_AT_A_TIME = 4096;
const FIELDS = 3;

/** Yields the number of voxels so far; returns what was found. */
export function* growing(growth: Growth): Generator<number, Grown, undefined> {
  const rows = new Rows(growth);
  let since = 0;
  while (rows.step()) {
    since += 1;
    if (since < ROWS_AT_A_TIME) continue;
    since = 0;
    yield rows.voxels;
  }
  return rows.result();
}

/** All at once. */
export function grow(growth: Growth): Grown {
  const steps = growing(growth);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export function forEachGrown({ runs }: Grown, visit: Visit): void {
  for (let at = 0; at < runs.length; at += FIELDS) visit(runs[at] as number, runs[at + 1] as number, runs[at + 2] as number);
}

class Rows {
  voxels = 0;
  private open = false;
  private readonly growth: Growth;
  private readonly seen: (Uint32Array | undefined)[] = [];
  private readonly missing = new Set<number>();
  /** Voxels to go on from: i, j, k of each. */
  private readonly waiting: number[] = [];
  private runs = new Uint32Array(1024 * FIELDS);
  private used = 0;

  constructor(growth: Growth) {
    this.growth = growth;
    this.waiting.push(...growth.seed);
  }

  /** Fills one row; false when nothing is left. */
  step(): boolean {
    const k = this.waiting.pop();
    const j = this.waiting.pop();
    const i = this.waiting.pop();
    if (i === undefined || j === undefined || k === undefined) return false;
    const limits = this.limits(j, k);
    const values = this.known(k);
    if (!limits || !values || !this.belongs(values, i, j, k, limits)) return true;
    let first = i;
    let last = i;
    while (this.belongs(values, first - 1, j, k, limits)) first -= 1;
    while (this.belongs(values, last + 1, j, k, limits)) last += 1;
    this.note(first, last, j, k);
    this.look(first, last, j - 1, k);
    this.look(first, last, j + 1, k);
    this.look(first, last, j, k - 1);
    this.look(first, last, j, k + 1);
    return true;
  }

  result(): Grown {
    return { runs: this.runs.slice(0, this.used), voxels: this.voxels, open: this.open, missing: this.missing.size };
  }

  /** First and last i of a row that it may grow into; null outside. */
  private limits(j: number, k: number): readonly [number, number] | null {
    const { low, high, spans } = this.growth.within;
    if (j < low[1] || j > high[1] || k < low[2] || k > high[2]) return null;
    const [first = 1, last = 0] = spans(j, k);
    const limits = [Math.max(low[0], Math.ceil(first - 1e-9)), Math.min(high[0], Math.floor(last + 1e-9))] as const;
    return limits[0] <= limits[1] ? limits : null;
  }

  private known(k: number): Pixels | null {
    const values = this.growth.values(k);
    if (!values) this.missing.add(k);
    return values;
  }

  private belongs(values: Pixels, i: number, j: number, k: number, limits: readonly [number, number]): boolean {
    if (i < limits[0] || i > limits[1]) return false;
    const { range, size } = this.growth;
    const at = j * size[0] + i;
    const value = values[at] as number;
    if (!(value >= range[0] && value <= range[1])) return false;
    const seen = this.seen[k];
    return seen === undefined || ((seen[at >>> 5] as number) & (1 << (at & 31))) === 0;
  }

  private note(first: number, last: number, j: number, k: number): void {
    const { size } = this.growth;
    const seen = (this.seen[k] ??= new Uint32Array(Math.ceil((size[0] * size[1]) / 32)));
    const row = j * size[0];
    for (let at = row + first; at <= row + last; at += 1) seen[at >>> 5] = (seen[at >>> 5] as number) | (1 << (at & 31));
    if (this.used === this.runs.length) {
      const larger = new Uint32Array(this.runs.length * 2);
      larger.set(this.runs);
      this.runs = larger;
    }
    this.runs.set([k, row + first, row + last + 1], this.used);
    this.used += FIELDS;
    this.voxels += last - first + 1;
    this.open ||= this.atEdge([first, last], 0) || this.atEdge([j, j], 1) || this.atEdge([k, k], 2);
  }

  /** Only along axes in which it has room: a single slice is no edge of itself. */
  private atEdge([first, last]: readonly [number, number], axis: 0 | 1 | 2): boolean {
    const { size, within } = this.growth;
    if (within.low[axis] === within.high[axis]) return false;
    return first === 0 || last === size[axis] - 1;
  }

  /** Puts one voxel of every part of a neighboring row that belongs to it into the queue. */
  private look(first: number, last: number, j: number, k: number): void {
    const limits = this.limits(j, k);
    if (!limits) return;
    const values = this.known(k);
    if (!values) return;
    let inside = false;
    for (let i = Math.max(first, limits[0]); i <= Math.min(last, limits[1]); i += 1) {
      const belongs = this.belongs(values, i, j, k, limits);
      if (belongs && !inside) this.waiting.push(i, j, k);
      inside = belongs;
    }
  }
}
