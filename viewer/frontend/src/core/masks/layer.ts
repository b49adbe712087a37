/** A mask that is drawn here, shown as an overlay like those of the server: all of it is always there. */

import { Caches } from "../caches";
import type { Footprint } from "../budgets";
import { Layer } from "../layer";
import type { LayerMeta, Segment } from "../meta";
import type { Pixels } from "../pixels";
import type { VolumeSource } from "../volume";
import type { LabelMap } from "./label-map";

/** Nothing of a mask is kept in the caches of what was sent. */
const NO_BUDGETS = { streamBytes: 0, previewBytes: 0, fullBytes: 0, volumeBytes: 0 };
const ONLY_LEVEL = 0;

export class MaskLayer extends Layer {
  override readonly local = true;
  readonly map: LabelMap;
  override readonly onlyTimepoint: number;
  /** The mask was deleted, or is not looked at any more. */
  withdrawn = false;
  private readonly whole: MaskVolume;
  private hiddenLabels: ReadonlySet<number> = new Set();

  constructor(index: number, options: { readonly image: LayerMeta; readonly id: string; readonly name: string; readonly timepoint: number; readonly map: LabelMap }) {
    super(index, metaOf(options), new Uint32Array(), new Caches(NO_BUDGETS));
    this.map = options.map;
    this.onlyTimepoint = options.timepoint;
    this.whole = new MaskVolume(index, options.map);
  }

  override get gone(): boolean {
    return this.withdrawn;
  }

  override get hidden(): ReadonlySet<number> {
    return this.hiddenLabels;
  }

  /** Names, colors and sight of the segments; the pixels stay. */
  describe(name: string, segments: readonly (Segment & { readonly visible: boolean })[]): void {
    this.description = { ...this.description, name, segments: segments.map(({ value, name: label, color }) => ({ value, name: label, color })) };
    this.hiddenLabels = new Set(segments.filter(({ visible }) => !visible).map(({ value }) => value));
    this.revision += 1;
  }

  /** Says that slices hold other labels than before. */
  touch(slices: Iterable<number>): void {
    for (const k of slices) this.versions.set(k, this.sliceVersion(k) + 1);
    this.whole.version += 1;
  }

  override source(): VolumeSource {
    return this.whole;
  }

  override volumeRefusal(): null {
    return null;
  }

  override footprint(): Footprint {
    return { slices: 0, previewBytes: 0, fullBytes: 0 };
  }

  protected override volumeOf(slice: number): { volume: VolumeSource; k: number } {
    return { volume: this.whole, k: slice };
  }
}

class MaskVolume implements VolumeSource {
  readonly layer: number;
  readonly timepoint = 0;
  readonly size: LayerMeta["size"];
  readonly sliceBytes: number;
  version = 1;
  private readonly map: LabelMap;

  constructor(layer: number, map: LabelMap) {
    this.layer = layer;
    this.map = map;
    this.size = map.size;
    this.sliceBytes = map.slice(0).byteLength;
  }

  level(): number {
    return ONLY_LEVEL;
  }

  slice(k: number): Pixels {
    return this.map.slice(k);
  }
}

function metaOf({ image, id, name, map }: { image: LayerMeta; id: string; name: string; map: LabelMap }): LayerMeta {
  return {
    image: id,
    name,
    role: "overlay",
    size: image.size,
    timepoints: 1,
    spacing: image.spacing,
    origin: image.origin,
    direction: image.direction,
    type: map.type,
    components: 1,
    codec: "deflate",
    levels: 1,
    level_sizes: [[image.size[0], image.size[1]]],
    window: null,
    range: [0, map.highestLabel],
    modality: "SEG",
    unit: "",
    segments: [],
  };
}
