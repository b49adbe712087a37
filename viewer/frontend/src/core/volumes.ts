/** The volumes that viewports cut through, bounded by bytes over all layers and time points. */

import type { LayerMeta } from "./meta";
import { LayerVolume, VolumeRefused, volumeBytes } from "./volume";

const GIGABYTE = 1e9;

export interface VolumeKey {
  readonly layer: number;
  readonly timepoint: number;
}

export interface VolumeListener {
  readonly made?: (volume: LayerVolume) => void;
  /** The volume had to make room: its textures go, too. */
  readonly dropped?: (volume: LayerVolume) => void;
}

export class VolumeShelf {
  private readonly budget: number;
  private readonly listener: VolumeListener;
  /** The one used longest ago first. */
  private readonly held = new Map<string, { readonly volume: LayerVolume; readonly bytes: number }>();
  private needed: ReadonlySet<string> = new Set();
  private bytes = 0;

  constructor(budgetBytes: number, listener: VolumeListener = {}) {
    this.budget = budgetBytes;
    this.listener = listener;
  }

  /** States which volumes the screen shows; the others may make room from now on. */
  need(keys: Iterable<VolumeKey>): void {
    this.needed = new Set(Array.from(keys, nameOf));
  }

  peek(key: VolumeKey): LayerVolume | undefined {
    return this.held.get(nameOf(key))?.volume;
  }

  /** The volume, made empty where there is none. Throws {@link VolumeRefused} when it does not fit beside what is shown. */
  take(key: VolumeKey, meta: LayerMeta): LayerVolume {
    const name = nameOf(key);
    const known = this.held.get(name);
    if (known) {
      this.held.delete(name);
      this.held.set(name, known);
      return known.volume;
    }
    const bytes = volumeBytes(meta);
    const refusal = this.refusal(key, meta);
    if (refusal) throw new VolumeRefused(refusal);
    this.makeRoom(bytes);
    const volume = allocated(key, meta);
    this.held.set(name, { volume, bytes });
    this.bytes += bytes;
    this.listener.made?.(volume);
    return volume;
  }

  /** Why a volume cannot be had now, in words for people; null when it can. */
  refusal(key: VolumeKey, meta: LayerMeta): string | null {
    if (this.held.has(nameOf(key))) return null;
    const bytes = volumeBytes(meta);
    if (bytes > this.budget) return tooLarge(bytes, this.budget);
    const shown = [...this.held].filter(([name]) => this.needed.has(name));
    const taken = shown.reduce((sum, [, { bytes: each }]) => sum + each, 0);
    return taken + bytes > this.budget ? tooMany(bytes, this.budget - taken) : null;
  }

  clear(): void {
    for (const { volume } of this.held.values()) this.listener.dropped?.(volume);
    this.held.clear();
    this.bytes = 0;
  }

  private makeRoom(bytes: number): void {
    for (const [name, entry] of [...this.held]) {
      if (this.bytes + bytes <= this.budget) return;
      if (this.needed.has(name)) continue;
      this.held.delete(name);
      this.bytes -= entry.bytes;
      this.listener.dropped?.(entry.volume);
    }
  }
}

function nameOf({ layer, timepoint }: VolumeKey): string {
  return `${layer}:${timepoint}`;
}

/** Browsers refuse large arrays with a `RangeError` of their own. */
function allocated({ layer, timepoint }: VolumeKey, meta: LayerMeta): LayerVolume {
  try {
    return new LayerVolume(layer, meta, timepoint);
  } catch (error) {
    if (error instanceof RangeError) throw new VolumeRefused(tooMany(volumeBytes(meta), 0));
    throw error;
  }
}

function tooLarge(bytes: number, budget: number): string {
  return (
    `This volume needs ${gigabytes(bytes)} of memory, and the viewer may use ${gigabytes(budget)} here. ` +
    "Its stored slices can be shown, but no other planes."
  );
}

function tooMany(bytes: number, left: number): string {
  return (
    `This volume needs ${gigabytes(bytes)} of memory and ${left > 0 ? `only ${gigabytes(left)} is` : "too little is"} left. ` +
    "Show fewer images in other planes at once, or their stored slices."
  );
}

function gigabytes(bytes: number): string {
  return bytes >= GIGABYTE / 10 ? `${(bytes / GIGABYTE).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
