/** A label per voxel on the grid of an image. Slices that hold nothing take no memory. */

import type { Vec3 } from "../meta";

export type Labels = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
export type LabelType = "uint8" | "uint16";

export const BACKGROUND = 0;
const HIGHEST: Readonly<Record<LabelType, number>> = { uint8: 0xff, uint16: 0xffff };

/** The smaller type that can hold labels up to `highest`. */
export function labelTypeFor(highest: number): LabelType {
  return highest > HIGHEST.uint8 ? "uint16" : "uint8";
}

export class LabelMap {
  readonly size: Vec3;
  readonly type: LabelType;
  private readonly slices: (Labels | undefined)[];
  /** What slices without labels read as; never written to. */
  private readonly nothing: Labels;
  private readonly tally = new Map<number, number>();

  constructor(size: Vec3, type: LabelType = "uint8") {
    this.size = size;
    this.type = type;
    this.slices = new Array<Labels | undefined>(size[2]).fill(undefined);
    this.nothing = this.array();
  }

  get highestLabel(): number {
    return HIGHEST[this.type];
  }

  get sliceLength(): number {
    return this.size[0] * this.size[1];
  }

  /** Bytes taken by slices that hold something. */
  get bytes(): number {
    return this.slices.reduce((sum, slice) => sum + (slice?.byteLength ?? 0), 0);
  }

  /** Whether slice `k` was ever written to. */
  has(k: number): boolean {
    return this.slices[k] !== undefined;
  }

  /** Labels of slice `k`, columns first: to read only. */
  slice(k: number): Labels {
    return this.slices[k] ?? this.nothing;
  }

  at(i: number, j: number, k: number): number {
    return this.slice(k)[j * this.size[0] + i] ?? BACKGROUND;
  }

  /** Voxels that bear a label. */
  count(label: number): number {
    return this.tally.get(label) ?? 0;
  }

  /** Labels that some voxel bears, lowest first; without the background. */
  get labels(): readonly number[] {
    return [...this.tally].filter(([label, count]) => label !== BACKGROUND && count > 0).map(([label]) => label).sort((a, b) => a - b);
  }

  /** Writes one label over `length` voxels of slice `k` that all bear `before`. */
  put(k: number, start: number, length: number, before: number, label: number): void {
    const slice = (this.slices[k] ??= this.array());
    slice.fill(label, start, start + length);
    this.tell(before, -length);
    this.tell(label, length);
  }

  /** Takes a whole slice over, as it came from elsewhere. */
  load(k: number, labels: Labels): void {
    if (labels.length !== this.sliceLength) throw new RangeError("A slice has another number of voxels than the grid.");
    this.tallySlice(this.slices[k], -1);
    this.slices[k] = labels.some((label) => label !== BACKGROUND) ? labels : undefined;
    this.tallySlice(this.slices[k], 1);
  }

  private tallySlice(labels: Labels | undefined, sign: 1 | -1): void {
    if (!labels) return;
    let run = 0;
    for (let at = 1; at <= labels.length; at += 1) {
      if (at < labels.length && labels[at] === labels[run]) continue;
      this.tell(labels[run] as number, sign * (at - run));
      run = at;
    }
  }

  private tell(label: number, more: number): void {
    if (label !== BACKGROUND) this.tally.set(label, (this.tally.get(label) ?? 0) + more);
  }

  private array(): Labels {
    return this.type === "uint8" ? new Uint8Array(this.sliceLength) : new Uint16Array(this.sliceLength);
  }
}
