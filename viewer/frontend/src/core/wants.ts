/** What to load and decode, in which order, for what is on the screen. Pure, so that the order can be tested. */

export const Priority = {
  visible: 0,
  ahead: 1,
  visibleFull: 2,
  neighborsFull: 3,
  sweep: 4,
  refine: 5,
  elsewhere: 6,
} as const;

export interface LayerDemand {
  readonly layer: number;
  readonly depth: number;
  readonly timepoints: number;
  readonly preview: number;
  readonly full: number;
  /** How many full slices fit into memory; farther ones are not asked for. */
  readonly capacity: number;
}

export interface Demand {
  /** The image first, then overlays that are switched on. */
  readonly layers: readonly LayerDemand[];
  /** Stored slice (voxel k) on the screen, or through the focus point when another plane is shown. */
  readonly slice: number;
  readonly timepoint: number;
  /** Sign of the last scroll step; 0 before the first. */
  readonly direction: -1 | 0 | 1;
  /** Whether the screen shows one stored slice (and not a cut through all of them). */
  readonly stored: boolean;
}

export interface Item {
  readonly layer: number;
  readonly slice: number;
  readonly level: number;
  readonly priority: number;
}

const AHEAD = 6;
const BEHIND = 2;
const NEAR = 3;

export function orderWants(demand: Demand): Item[] {
  const list = new ItemList();
  if (demand.stored) addVisible(list, demand);
  addSweep(list, demand);
  addRefinement(list, demand);
  addOtherTimepoints(list, demand);
  return list.items;
}

class ItemList {
  readonly items: Item[] = [];
  private readonly best = new Map<number, number>();

  /** Adds a slice of a layer unless the list already brings that level or a higher one. */
  add(layer: LayerDemand, k: number, timepoint: number, level: number, priority: number): void {
    if (k < 0 || k >= layer.depth) return;
    const slice = Math.min(timepoint, layer.timepoints - 1) * layer.depth + k;
    const key = layer.layer * 0x10000 + slice;
    if ((this.best.get(key) ?? -1) >= level) return;
    this.best.set(key, level);
    this.items.push({ layer: layer.layer, slice, level, priority });
  }
}

function addVisible(list: ItemList, { layers, slice, timepoint, direction }: Demand): void {
  const [image] = layers;
  if (!image) return;
  list.add(image, slice, timepoint, image.preview, Priority.visible);
  for (const step of stepsAround(direction, AHEAD, BEHIND)) {
    list.add(image, slice + step, timepoint, image.preview, Priority.ahead);
  }
  for (const layer of layers) list.add(layer, slice, timepoint, layer.full, Priority.visibleFull);
  for (const step of stepsAround(direction, NEAR, direction === 0 ? NEAR : 1)) {
    for (const layer of layers) {
      list.add(layer, slice + step, timepoint, layer.full, Priority.neighborsFull);
    }
  }
}

function addSweep(list: ItemList, { layers, slice, timepoint }: Demand): void {
  for (const layer of layers) {
    for (const k of outwards(slice, layer.depth)) {
      list.add(layer, k, timepoint, layer.preview, Priority.sweep);
    }
  }
}

function addRefinement(list: ItemList, { layers, slice, timepoint }: Demand): void {
  const [image] = layers;
  if (!image) return;
  let rank = 0;
  for (const k of outwards(slice, image.depth)) {
    for (const layer of layers) {
      if (rank < layer.capacity) list.add(layer, k, timepoint, layer.full, Priority.refine);
    }
    rank += 1;
  }
}

function addOtherTimepoints(list: ItemList, { layers, slice, timepoint }: Demand): void {
  const [image] = layers;
  if (!image) return;
  for (const other of outwards(timepoint, image.timepoints)) {
    if (other === timepoint) continue;
    list.add(image, slice, other, image.full, Priority.elsewhere);
    for (const k of outwards(slice, image.depth)) {
      list.add(image, k, other, image.preview, Priority.elsewhere);
    }
  }
}

/** 1, 2, -1, 3, 4, -2 …: mostly in the direction of travel; without one, both sides alike. */
function stepsAround(direction: -1 | 0 | 1, ahead: number, behind: number): number[] {
  if (direction === 0) {
    const reach = Math.max(behind, Math.ceil(ahead / 2));
    return Array.from({ length: reach }, (_, index) => [index + 1, -(index + 1)]).flat();
  }
  const forward = Array.from({ length: ahead }, (_, index) => (index + 1) * direction);
  const back = Array.from({ length: behind }, (_, index) => -(index + 1) * direction);
  return [...forward.slice(0, 2), ...back.slice(0, 1), ...forward.slice(2), ...back.slice(1)];
}

/** `center`, then its neighbors on both sides in turn, up to the ends of 0 … count - 1. */
export function* outwards(center: number, count: number): Generator<number> {
  if (center >= 0 && center < count) yield center;
  for (let step = 1; step < count + Math.abs(center); step += 1) {
    if (center + step >= 0 && center + step < count) yield center + step;
    if (center - step >= 0 && center - step < count) yield center - step;
  }
}
