/** What to load and decode, in which order, for what the viewports show. Pure, so that the order can be tested. */

export const Priority = {
  /** Previews of the stored slices on the screen. */
  visible: 0,
  /** Previews of the next slices in the direction of travel. */
  ahead: 1,
  visibleFull: 2,
  /** The time points that come next while they are played. */
  playing: 3,
  /** Previews of the volumes that a viewport cuts through: its first whole picture. */
  cutSweep: 4,
  neighborsFull: 5,
  sweep: 6,
  refine: 7,
  elsewhere: 8,
} as const;

/** What can be asked of a layer. */
export interface LayerDemand {
  readonly layer: number;
  readonly depth: number;
  readonly timepoints: number;
  readonly preview: number;
  readonly full: number;
  /** How many slices, full ones and previews, fit into memory beyond what is on the screen. */
  readonly capacity: number;
  readonly previewCapacity: number;
}

/** What one viewport shows. */
export interface ViewDemand {
  /** Numbers of the layers shown: the image first, then overlays that are switched on. */
  readonly layers: readonly number[];
  /** Stored slice (voxel k) on the screen, or through the focus where another plane is shown. */
  readonly slice: number;
  readonly timepoint: number;
  /** Sign of the last scroll step, own or linked; 0 before the first. */
  readonly direction: -1 | 0 | 1;
  /** Whether it shows one stored slice, and not a cut through several of them. */
  readonly stored: boolean;
  /** First and last stored slice that a cut goes through; all of them when absent. */
  readonly span?: readonly [first: number, last: number] | undefined;
  /** Whether time points are being played. */
  readonly playing?: boolean | undefined;
}

export interface Demand {
  readonly layers: readonly LayerDemand[];
  /** The active viewport first. Layers of another voxel grid than the view's image are a view of their own. */
  readonly views: readonly ViewDemand[];
  /** Only what is on the screen, for a moment in which nothing else matters. */
  readonly brief?: boolean | undefined;
}

export interface Item {
  readonly layer: number;
  /** Stored slice over all timepoints, as in `Layer.sliceAt`. */
  readonly slice: number;
  readonly level: number;
  readonly priority: number;
  /** Whether a viewport shows it or soon will: decoded at once. The rest stays compressed until there is leisure. */
  readonly needed: boolean;
}

const AHEAD = 6;
const BEHIND = 2;
const NEAR = 3;
/** Previews ahead of viewports that follow the active one. */
const LINKED_AHEAD = 2;

/** Most urgent first. Within a priority the viewports take turns, so that none starves. */
export function orderWants(demand: Demand): readonly Item[] {
  const list = new ItemList();
  const layers = new Map(demand.layers.map((layer) => [layer.layer, layer]));
  const views = demand.views.map((view, rank) => new ViewPlan(view, layers, rank === 0));
  for (const phase of demand.brief ? BRIEF : PHASES) takeTurns(list, views.map(phase));
  return list.items;
}

interface Wish {
  readonly layer: LayerDemand;
  readonly k: number;
  readonly timepoint: number;
  readonly level: number;
  readonly priority: number;
  readonly needed: boolean;
}

type Wishes = Generator<Wish, void>;

function takeTurns(list: ItemList, sources: readonly Wishes[]): void {
  let waiting = [...sources];
  while (waiting.length > 0) {
    waiting = waiting.filter((source) => takeOne(list, source));
  }
}

/** Takes wishes until one is new; what another viewport brought already costs no turn. */
function takeOne(list: ItemList, source: Wishes): boolean {
  for (;;) {
    const { value, done } = source.next();
    if (done) return false;
    if (list.add(value)) return true;
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class ItemList {
  readonly items: Mutable<Item>[] = [];
  private readonly best = new Map<number, Mutable<Item>>();
  private readonly fulls = new Map<number, number>();
  private readonly previews = new Map<number, number>();

  /** Adds a slice of a layer unless the list already brings that level or a higher one. */
  add(wish: Wish): boolean {
    const { layer, k, timepoint, level, priority, needed } = wish;
    if (k < 0 || k >= layer.depth) return false;
    const slice = Math.min(timepoint, layer.timepoints - 1) * layer.depth + k;
    const key = layer.layer * 0x10000 + slice;
    const known = this.best.get(key);
    if (known && known.level >= level) {
      known.needed ||= needed;
      return false;
    }
    if (!this.fits(wish)) return false;
    const item = { layer: layer.layer, slice, level, priority, needed };
    this.best.set(key, item);
    this.items.push(item);
    return true;
  }

  /** Counts; what is on the screen is asked for however little memory there is. */
  private fits({ layer, level, needed }: Wish): boolean {
    const [counts, most] =
      level === layer.full ? [this.fulls, layer.capacity] : [this.previews, layer.previewCapacity];
    const count = counts.get(layer.layer) ?? 0;
    if (!needed && count >= most) return false;
    counts.set(layer.layer, count + 1);
    return true;
  }
}

class ViewPlan {
  readonly view: ViewDemand;
  readonly layers: readonly LayerDemand[];
  readonly active: boolean;

  constructor(view: ViewDemand, layers: ReadonlyMap<number, LayerDemand>, active: boolean) {
    this.view = view;
    this.layers = view.layers.map((layer) => layers.get(layer)).filter((layer) => layer !== undefined);
    this.active = active;
  }

  get image(): LayerDemand | undefined {
    return this.layers[0];
  }

  wish(layer: LayerDemand, k: number, level: number, priority: number, options: Partial<Wish> = {}): Wish {
    return { layer, k, level, priority, timepoint: this.view.timepoint, needed: true, ...options };
  }

  /** Stored slices from the focus outwards, those that the view cuts through first. */
  *slices(layer: LayerDemand): Generator<number> {
    const { slice, span } = this.view;
    const inside = (k: number): boolean => !span || (k >= span[0] && k <= span[1]);
    if (span) for (const k of outwards(slice, layer.depth)) if (inside(k)) yield k;
    for (const k of outwards(slice, layer.depth)) if (!span || !inside(k)) yield k;
  }

  cuts(k: number): boolean {
    const { stored, span } = this.view;
    return !stored && (!span || (k >= span[0] && k <= span[1]));
  }

  /** The other time points: in the order of play, or nearest first. */
  *others(): Generator<number> {
    const { timepoint, playing } = this.view;
    const count = this.image?.timepoints ?? 1;
    if (playing) {
      for (let step = 1; step < count; step += 1) yield (timepoint + step) % count;
    } else {
      for (const other of outwards(timepoint, count)) if (other !== timepoint) yield other;
    }
  }
}

/** One after the other; `Priority` has the reasons. */
const PHASES: readonly ((plan: ViewPlan) => Wishes)[] = [
  visible,
  ahead,
  visibleFull,
  playing,
  cutSweep,
  neighborsFull,
  sweep,
  refine,
  elsewhere,
];

const BRIEF = [visible, visibleFull];

function* visible(plan: ViewPlan): Wishes {
  const { image, view } = plan;
  if (image && view.stored) yield plan.wish(image, view.slice, image.preview, Priority.visible);
}

function* ahead(plan: ViewPlan): Wishes {
  const { image, view, active } = plan;
  if (!image || !view.stored || (!active && view.direction === 0)) return;
  const steps = active ? stepsAround(view.direction, AHEAD, BEHIND) : stepsAround(view.direction, LINKED_AHEAD, 0);
  for (const step of steps) yield plan.wish(image, view.slice + step, image.preview, Priority.ahead);
}

function* visibleFull(plan: ViewPlan): Wishes {
  if (!plan.view.stored) return;
  for (const layer of plan.layers) yield plan.wish(layer, plan.view.slice, layer.full, Priority.visibleFull);
}

/** Every time point of what is on the screen: of a stored slice its full picture, of a cut the whole preview. */
function* playing(plan: ViewPlan): Wishes {
  const { image, view } = plan;
  if (!image || !view.playing) return;
  for (const timepoint of plan.others()) {
    if (view.stored) yield plan.wish(image, view.slice, image.preview, Priority.playing, { timepoint });
    else for (const k of plan.slices(image)) yield plan.wish(image, k, image.preview, Priority.playing, { timepoint });
  }
  if (!view.stored) return;
  for (const timepoint of plan.others()) yield plan.wish(image, view.slice, image.full, Priority.playing, { timepoint });
}

function* cutSweep(plan: ViewPlan): Wishes {
  if (!plan.view.stored) yield* previews(plan, Priority.cutSweep);
}

function* neighborsFull(plan: ViewPlan): Wishes {
  const { view, layers } = plan;
  if (!view.stored) return;
  for (const step of stepsAround(view.direction, NEAR, view.direction === 0 ? NEAR : 1)) {
    for (const layer of layers) yield plan.wish(layer, view.slice + step, layer.full, Priority.neighborsFull);
  }
}

function* sweep(plan: ViewPlan): Wishes {
  if (plan.view.stored) yield* previews(plan, Priority.sweep);
}

function* previews(plan: ViewPlan, priority: number): Wishes {
  for (const layer of plan.layers) {
    // Without a smaller level the sweep is the whole layer: no light thing to decode ahead.
    const light = layer.preview < layer.full;
    for (const k of plan.slices(layer)) {
      yield plan.wish(layer, k, layer.preview, priority, { needed: light || plan.cuts(k) });
    }
  }
}

function* refine(plan: ViewPlan): Wishes {
  const { image, layers } = plan;
  if (!image) return;
  for (const k of plan.slices(image)) {
    for (const layer of layers) {
      yield plan.wish(layer, k, layer.full, Priority.refine, { needed: plan.cuts(k) });
    }
  }
}

function* elsewhere(plan: ViewPlan): Wishes {
  const { image, view } = plan;
  if (!image) return;
  for (const timepoint of plan.others()) {
    const options = { timepoint, needed: false };
    yield plan.wish(image, view.slice, image.full, Priority.elsewhere, options);
    for (const k of plan.slices(image)) yield plan.wish(image, k, image.preview, Priority.elsewhere, options);
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
