/** The volumes that panes cut through. They come when the first pane needs them and go with the last. */

import type { Layer } from "../core/layer";
import { VolumeRefused } from "../core/volume";
import { volumeId } from "./image-ids";
import { TexturedVolume } from "./textured-volume";

/** Bytes sent to the graphics device with one draw: more would make it wait noticeably. */
const BYTES_PER_DRAW = 48 * 1024 * 1024;

export class Volumes {
  private readonly held = new Map<string, TexturedVolume>();
  private readonly users = new Map<string, ReadonlySet<string>>();
  private readonly maxSize: number;

  /** `maxSize`: voxels along an axis that the device can hold. */
  constructor(maxSize: number) {
    this.maxSize = maxSize;
  }

  /** Why a layer cannot be cut, in words for people; null when it can. */
  refusal(layer: Layer, timepoint: number): string | null {
    const { size, components, type, name } = layer.meta;
    if (Math.max(...size) > this.maxSize) {
      return `“${name}” is larger than ${this.maxSize} voxels along one side: this device can show its stored slices only.`;
    }
    if (components > 1 && !(components === 3 && type === "uint8")) {
      return `“${name}” has ${components} values per voxel: it can be shown slice by slice only.`;
    }
    return layer.volumeRefusal(timepoint);
  }

  /** The volumes a pane shows from now on, instead of those it showed before. Throws `VolumeRefused`. */
  use(pane: string, wanted: readonly { readonly layer: Layer; readonly timepoint: number }[]): readonly TexturedVolume[] {
    const volumes = wanted.map(({ layer, timepoint }) => this.take(layer, timepoint));
    this.users.set(pane, new Set(volumes.map(({ id }) => id)));
    return volumes;
  }

  /** Lets go what no pane shows any more; after the panes have taken their new actors. */
  tidy(): void {
    const used = new Set([...this.users.values()].flatMap((ids) => [...ids]));
    for (const [id, volume] of this.held) {
      if (used.has(id)) continue;
      this.held.delete(id);
      volume.release();
    }
  }

  clear(): void {
    this.users.clear();
    this.tidy();
  }

  leave(pane: string): void {
    this.users.delete(pane);
  }

  /** Ids of the volumes that have news for the device after a stored slice was decoded. */
  gotBetter(layer: number, slice: number): readonly string[] {
    const news: string[] = [];
    for (const volume of this.held.values()) {
      const k = slice - volume.source.timepoint * volume.source.size[2];
      if (volume.layer.index !== layer || k < 0 || k >= volume.source.size[2]) continue;
      if (volume.gotBetter(k)) news.push(volume.id);
    }
    return news;
  }

  /** Hands waiting slices to the next draw; tells which volumes have more. */
  send(): ReadonlySet<string> {
    const left = [...this.held.values()].filter((volume) => volume.send(BYTES_PER_DRAW));
    return new Set(left.map(({ id }) => id));
  }

  private take(layer: Layer, timepoint: number): TexturedVolume {
    const refusal = this.refusal(layer, timepoint);
    if (refusal) throw new VolumeRefused(refusal);
    const source = layer.source(timepoint);
    const known = this.held.get(volumeId(layer.index, source.timepoint));
    if (known?.source === source) return known;
    known?.release();
    const fresh = new TexturedVolume(layer, source);
    this.held.set(fresh.id, fresh);
    return fresh;
  }
}
