/** One layer of the session with everything held of it. */

import type { Capacity, Footprint } from "./budgets";
import type { Caches } from "./caches";
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
import type { LayerVolume, VolumeSource } from "./volume";
import type { LayerDemand } from "./wants";

/** A slice is asked for anew this often, then given up. */
const MAX_FAILURES = 2;
/** Compressed bytes per byte of pixels, where nobody has told yet. */
const USUAL_RATIO = 0.4;
const NOTHING_HIDDEN: ReadonlySet<number> = new Set();

export class Layer {
  readonly index: number;
  /** Made in this browser, not sent by the server. */
  readonly local: boolean = false;
  /** It belongs to this time point of its image alone; null: to all. */
  readonly onlyTimepoint: number | null = null;
  readonly streams: SliceStreams;
  readonly store: SliceStore;
  readonly preview: number;
  readonly full: number;
  /** Stored slices over all timepoints. */
  readonly slices: number;
  readonly timepoints: number;
  /** Planned over all layers. */
  capacity: Capacity;
  /** Grows when the same labels are to look otherwise. */
  revision = 0;
  protected description: LayerMeta;
  protected readonly versions = new Map<number, number>();
  private readonly caches: Caches;
  private readonly broken = new Map<number, number>();

  constructor(index: number, meta: LayerMeta, cuts: CutTable, caches: Caches) {
    this.index = index;
    this.description = meta;
    this.caches = caches;
    this.preview = previewLevel(meta);
    this.full = fullLevel(meta);
    this.slices = storedSlices(meta);
    this.timepoints = Math.max(1, meta.timepoints);
    this.capacity = { previews: this.slices, fulls: this.slices };
    this.streams = new SliceStreams({ cuts, levels: meta.levels, held: caches.streams, layer: index });
    this.store = new SliceStore({
      caches,
      layer: index,
      fullLevel: this.full,
      inVolume: (slice) => this.inVolume(slice),
    });
  }

  get meta(): LayerMeta {
    return this.description;
  }

  /** Whether it belongs on no image: a mask that was deleted. */
  get gone(): boolean {
    return false;
  }

  /** Labels that are hidden wherever this layer is shown. */
  get hidden(): ReadonlySet<number> {
    return NOTHING_HIDDEN;
  }

  /** Grows when a stored slice changes that is complete already. */
  sliceVersion(slice: number): number {
    return this.versions.get(slice) ?? 0;
  }

  demand(): LayerDemand {
    return {
      layer: this.index,
      depth: this.meta.size[2],
      timepoints: this.timepoints,
      preview: this.preview,
      full: this.full,
      capacity: this.capacity.fulls,
      previewCapacity: this.capacity.previews,
    };
  }

  /** Compressed bytes, for planning; estimated while cut points are not known. */
  footprint(): Footprint {
    return { slices: this.slices, previewBytes: this.compressed(this.preview), fullBytes: this.compressed(this.full) };
  }

  /** Bytes of one decoded full slice. */
  get sliceBytes(): number {
    return this.meta.size[0] * this.meta.size[1] * this.meta.components * bytesPerValue(this.meta.type);
  }

  /** Number of a stored slice; a layer without timepoints of its own stays on its only one. */
  sliceAt(k: number, timepoint: number): number {
    return this.ownTimepoint(timepoint) * this.meta.size[2] + k;
  }

  /**
   * The whole volume at a time point, filled as slices arrive: what is decoded already is in it when this returns.
   * It stays while a viewport cuts through it (`Session.want`). Throws `VolumeRefused` with a sentence for the reader.
   */
  volume(timepoint: number): LayerVolume {
    const key = this.volumeKey(timepoint);
    const known = this.caches.volumes.peek(key);
    const volume = this.caches.volumes.take(key, this.meta);
    if (!known) this.moveInto(volume);
    return volume;
  }

  /** The same as the renderer takes it. */
  source(timepoint: number): VolumeSource {
    return this.volume(timepoint);
  }

  /** Why {@link volume} would refuse, in words for people; null when it would not. */
  volumeRefusal(timepoint: number): string | null {
    return this.caches.volumes.refusal(this.volumeKey(timepoint), this.meta);
  }

  volumeKey(timepoint: number): { layer: number; timepoint: number } {
    return { layer: this.index, timepoint: this.ownTimepoint(timepoint) };
  }

  /** Level of a stored slice where it is needed: in its volume if there is one, else in the store; -1 without any. */
  level(slice: number): number {
    const { volume, k } = this.volumeOf(slice);
    return volume ? volume.level(k) : this.store.level(slice);
  }

  jobFor(slice: number, level: number): Omit<DecodeJob, "id" | "urgent"> | null {
    const bytes = this.streams.prefix(slice, level);
    if (!bytes) return null;
    const [width, height] = levelSize(this.meta, level);
    const { codec, type, components, size } = this.meta;
    const grid = { width: size[0], height: size[1], stride: levelStride(this.meta, level), components };
    return {
      codec,
      bytes,
      reduce: this.full - level,
      type,
      length: width * height * components,
      expand: level < this.full && this.volumeOf(slice).volume ? grid : null,
    };
  }

  /** Stores what a worker decoded; `expanded` is the same on the full grid, for a volume. */
  decoded(slice: number, level: number, pixels: Pixels, expanded: Pixels | null = null): void {
    const { volume, k } = this.ownVolumeOf(slice);
    const onGrid = level === this.full ? pixels : expanded;
    if (volume && onGrid) volume.put(k, level, onGrid);
    if (volume && level === this.full) return;
    const [width, height] = levelSize(this.meta, level);
    this.store.put(slice, { level, width, height, stride: levelStride(this.meta, level), pixels });
  }

  /** Notes a failure; a slice is asked for anew twice, then given up. */
  failed(slice: number): void {
    this.streams.forget(slice);
    this.broken.set(slice, (this.broken.get(slice) ?? 0) + 1);
  }

  givenUp(slice: number): boolean {
    return (this.broken.get(slice) ?? 0) > MAX_FAILURES;
  }

  private compressed(level: number): number {
    const estimate = (this.sliceBytes * USUAL_RATIO) / levelStride(this.meta, level) ** 2;
    return this.streams.meanBytes(level) || estimate;
  }

  private ownTimepoint(timepoint: number): number {
    return Math.min(timepoint, this.timepoints - 1);
  }

  /** The volume that a stored slice lies in, if there is one, and its place in there. */
  protected volumeOf(slice: number): { volume: VolumeSource | undefined; k: number } {
    const { volume, k } = this.ownVolumeOf(slice);
    return { volume, k };
  }

  private ownVolumeOf(slice: number): { volume: LayerVolume | undefined; k: number } {
    const depth = this.meta.size[2];
    const timepoint = Math.floor(slice / depth);
    return { volume: this.caches.volumes.peek({ layer: this.index, timepoint }), k: slice % depth };
  }

  /** Full slices move, so that they are held once. Previews are decoded anew: workers expand them better than this thread. */
  private moveInto(volume: LayerVolume): void {
    for (let k = 0; k < this.meta.size[2]; k += 1) {
      const decoded = this.store.take(this.sliceAt(k, volume.timepoint));
      if (decoded) volume.put(k, decoded.level, decoded.pixels);
    }
  }

  private inVolume(slice: number): DecodedSlice | undefined {
    const { volume, k } = this.volumeOf(slice);
    if (volume?.level(k) !== this.full) return undefined;
    const [width, height] = this.meta.size;
    return { level: this.full, width, height, stride: 1, pixels: volume.slice(k) };
  }
}
