/** How much memory the viewer may take, over all layers and time points. Pure. */

export interface Budgets {
  /** Compressed bytes. */
  readonly streamBytes: number;
  readonly previewBytes: number;
  /** Full slices outside of volumes. */
  readonly fullBytes: number;
  readonly volumeBytes: number;
}

const MEGABYTE = 1024 * 1024;
/** What browsers that do not tell are taken for (GiB). */
const ASSUMED = 8;

/** `told`: `navigator.deviceMemory`, in GiB; some browsers never tell more than 8. */
export function budgetsFor(told: number | undefined): Budgets {
  const share = Math.min(2, Math.max(0.25, (told ?? ASSUMED) / ASSUMED));
  return {
    streamBytes: 512 * MEGABYTE * share,
    previewBytes: 192 * MEGABYTE * share,
    fullBytes: 512 * MEGABYTE * share,
    volumeBytes: 1536 * MEGABYTE * share,
  };
}

/** Share of a budget that is planned for; the rest is slack so that the plan does not evict itself. */
const PLANNED = 0.9;

export interface Footprint {
  readonly slices: number;
  readonly previewBytes: number;
  readonly fullBytes: number;
}

/** Slices of a layer that fit into memory, compressed. */
export interface Capacity {
  readonly previews: number;
  readonly fulls: number;
}

/** Enough for the slice on the screen and its neighbors, whatever the budget says. */
const FEWEST = 8;

/** Previews first, then full slices beside them: the same share of every layer. */
export function capacities(layers: readonly Footprint[], streamBytes: number): Capacity[] {
  const total = (bytes: (layer: Footprint) => number): number =>
    layers.reduce((sum, layer) => sum + layer.slices * bytes(layer), 0);
  const previews = total((layer) => layer.previewBytes);
  const rest = total((layer) => layer.fullBytes - layer.previewBytes);
  const planned = streamBytes * PLANNED;
  // A layer without a smaller level has nothing but its previews: they are its full slices.
  const ofPreviews = shareOf(planned, previews);
  const ofFulls = rest > 0 ? shareOf(planned - previews, rest) : ofPreviews;
  return layers.map(({ slices, previewBytes, fullBytes }) => ({
    previews: Math.max(FEWEST, Math.floor(slices * ofPreviews)),
    fulls: Math.max(FEWEST, Math.floor(slices * (fullBytes > previewBytes ? ofFulls : ofPreviews))),
  }));
}

function shareOf(available: number, wanted: number): number {
  return Math.max(0, Math.min(1, available / Math.max(1, wanted)));
}
