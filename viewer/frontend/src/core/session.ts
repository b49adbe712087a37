/** Loads what the screen needs: wants by generation, streams, decoding. Knows nothing of drawing. */

import { type Budgets, capacities } from "./budgets";
import { Caches, sliceKey } from "./caches";
import type { ConnectionStatus, Link } from "./connection";
import type { DecodeJob } from "./decode-job";
import type { Decoding } from "./decode-pool";
import { Emitter } from "./emitter";
import { Layer } from "./layer";
import type { SessionMeta } from "./meta";
import { Plan } from "./plan";
import { type CutsMessage, type FragmentMessage, type MetaMessage, STORED_PLANE, type Want, encodeWant } from "./protocol";
import { DecodeTally } from "./tally";
import { Timings } from "./timings";
import type { LayerVolume } from "./volume";
import { type Demand, type Item, orderWants } from "./wants";

interface Events {
  meta: SessionMeta;
  /** A stored slice (over all timepoints) was decoded at a level, and lies in the store and in its volume. */
  slice: { readonly layer: number; readonly slice: number; readonly level: number };
  /** A volume that nothing shows had to make room. */
  dropped: LayerVolume;
  /** Bytes of a slice arrived. */
  held: null;
  status: ConnectionStatus;
  state: { readonly ready: boolean; readonly text: string };
  /** Everything wanted has arrived. */
  settled: null;
  /** Every slice of the first image on the screen was decoded losslessly. */
  allDecoded: null;
  broken: { readonly layer: number; readonly slice: number };
}

/** The part of the decode pool that is needed here. */
export interface Decoders {
  /** How many workers take something that the screen needs, and something that nothing shows. */
  readonly idle: number;
  readonly spare: number;
  /** Sees to it that so many workers run. */
  grow(count: number): void;
  run(job: Omit<DecodeJob, "id">): Decoding;
  /** Whether the decoder could not be had. */
  readonly missing?: boolean;
}

/** Leading edge at once, then at most one WANT in this time: far below what the server calls flooding. */
const WANT_EVERY = 60;
const MAX_WANTS = 4096;
/** While the reader scrolls the tail of the list is never reached: it is left out. */
const HURRIED_WANTS = 512;
/** Milliseconds without a change of view after which far slices may be decoded, too. */
const LEISURE_AFTER = 250;
/** Share of the memory for full slices that leisure may fill. */
const LEISURE_SHARE = 0.9;

export class Session extends Emitter<Events> {
  layers: readonly Layer[] = [];
  /** What was told so far, for whoever comes later than the events. */
  meta: SessionMeta | null = null;
  status: ConnectionStatus = { kind: "connecting" };
  bytesReceived = 0;
  readonly timings = new Timings();
  private readonly connection: Link;
  private readonly pool: Decoders;
  private readonly caches: Caches;
  private description = "";
  private demand: Demand | null = null;
  private plan = new Plan([]);
  private tally: DecodeTally | null = null;
  private readonly decoding = new Map<number, Decoding>();
  private generation = 0;
  private wantTimer: ReturnType<typeof setTimeout> | undefined;
  private leisureTimer: ReturnType<typeof setTimeout> | undefined;
  private lastWant = -Infinity;
  /** The last WANT was for the opening picture alone: what follows it is no haste of the reader. */
  private askedBriefly = false;
  private lastChange = -Infinity;
  private leisureGranted = false;
  private everything = false;

  constructor(options: { connection: Link; pool: Decoders; budgets: Budgets }) {
    super();
    this.pool = options.pool;
    this.caches = new Caches(options.budgets, {
      made: () => { queueMicrotask(() => { this.replan(); }); },
      dropped: (volume) => { this.emit("dropped", volume); },
    });
    this.connection = options.connection;
    this.connection.on("status", (status) => {
      this.status = status;
      if (status.kind === "open") this.timings.mark("connected");
      this.emit("status", status);
    });
    this.connection.on("message", (message) => {
      if (message.kind === "meta") this.described(message);
      else if (message.kind === "fragment") this.received(message);
      else if (message.kind === "cuts") this.learn(message);
      else if (message.kind === "done") this.done(message.generation);
      else if (message.kind === "state") this.emit("state", message);
    });
    this.connection.on("woken", () => { this.sendWant(true); });
  }

  /** Whether the decoder could not be had: then it is not the slices that are damaged. */
  get undecodable(): boolean {
    return this.pool.missing === true;
  }

  /** How often the connection broke and came back. */
  get reconnects(): number {
    return this.connection.reconnects;
  }

  open(): void {
    this.timings.mark("started");
    this.connection.open();
    this.pool.grow(1);
  }

  /** The first picture is on the screen: from now on with all workers. */
  useWorkers(count: number): void {
    this.pool.grow(count);
    this.decodeNext();
  }

  /** A layer made here joins those of the server, behind them: nothing is asked of the server for it. */
  join<Joined extends Layer>(make: (index: number) => Joined): Joined {
    const layer = make(this.layers.length);
    this.layers = [...this.layers, layer];
    return layer;
  }

  /** States what the screen needs now; replaces what was asked before. */
  want(demand: Demand): void {
    this.demand = demand;
    this.lastChange = performance.now();
    this.caches.volumes.need(this.volumesOf(demand));
    this.tally ??= this.tallyOf(demand);
    this.replan();
    this.scheduleWant();
    clearTimeout(this.leisureTimer);
    this.leisureTimer = setTimeout(() => { this.decodeNext(); }, LEISURE_AFTER);
  }

  /** From now on slices that nothing shows are decoded, too, whenever the reader rests. */
  grantLeisure(): void {
    this.leisureGranted = true;
    this.decodeNext();
  }

  /** Decodes every slice of the first image as fast as the workers can; resolves when each was decoded losslessly. */
  whenAllDecoded(): Promise<void> {
    this.everything = true;
    this.decodeNext();
    if (this.tally?.all) return Promise.resolve();
    return new Promise((resolve) => {
      const end = this.on("allDecoded", () => {
        end();
        resolve();
      });
    });
  }

  private described({ meta, cuts }: MetaMessage): void {
    const description = JSON.stringify(meta);
    if (description !== this.description) {
      this.description = description;
      this.start(meta, cuts);
      return;
    }
    // After a reconnection: the same images, so ask only for what is missing.
    this.layers.forEach((layer, index) => { layer.streams.learn(0, cuts[index] ?? new Uint32Array()); });
    this.sendWant();
  }

  private start(meta: SessionMeta, cuts: MetaMessage["cuts"]): void {
    this.caches.clear();
    this.plan = new Plan([]);
    this.demand = this.tally = null;
    this.layers = meta.layers.map(
      (layer, index) => new Layer(index, layer, cuts[index] ?? new Uint32Array(), this.caches),
    );
    this.shareMemory();
    this.meta = meta;
    this.timings.mark("described");
    this.emit("meta", meta);
  }

  private learn({ layer, first, levels, cuts }: CutsMessage): void {
    this.layers[layer]?.streams.learn(first, cuts);
    if (cuts.length > levels) this.shareMemory();
  }

  private shareMemory(): void {
    const shares = capacities(this.layers.map((layer) => layer.footprint()), this.caches.budgets.streamBytes);
    this.layers.forEach((layer, index) => { layer.capacity = shares[index] ?? layer.capacity; });
  }

  private received(fragment: FragmentMessage): void {
    this.bytesReceived += fragment.payload.length;
    const layer = this.layers[fragment.layer];
    if (!layer || fragment.plane !== STORED_PLANE) return;
    const outcome = layer.streams.accept(fragment);
    if (outcome === "corrupt") this.giveBack(layer, fragment.slice);
    if (outcome !== "appended") return;
    this.emit("held", null);
    this.plan.offer(fragment.layer, fragment.slice, this.decodable);
    this.decodeNext();
  }

  private done(generation: number): void {
    if (generation !== this.generation || generation === 0) return;
    if (this.missing(1).length > 0) this.scheduleWant();
    else this.settle();
  }

  private settle(): void {
    this.connection.expectAnswer(false);
    if (this.demand?.brief) return;
    this.timings.mark("settled");
    this.emit("settled", null);
  }

  private giveBack(layer: Layer, slice: number): void {
    layer.failed(slice);
    if (layer.givenUp(slice)) this.emit("broken", { layer: layer.index, slice });
    this.scheduleWant();
  }

  private scheduleWant(): void {
    if (this.wantTimer !== undefined) return;
    const wait = this.lastWant + WANT_EVERY - performance.now();
    if (wait <= 0) this.sendWant();
    else this.wantTimer = setTimeout(() => { this.sendWant(); }, wait);
  }

  /** `asking`: also when nothing is missing, to see whether anybody answers. */
  private sendWant(asking = false): void {
    clearTimeout(this.wantTimer);
    this.wantTimer = undefined;
    if (!this.demand || this.layers.length === 0) return;
    const now = performance.now();
    const hurried = !this.askedBriefly && now - this.lastWant < 2 * WANT_EVERY;
    const wants = this.missing(hurried ? HURRIED_WANTS : MAX_WANTS);
    if (wants.length === 0 && this.generation > 0 && !asking) {
      this.settle();
      return;
    }
    this.lastWant = now;
    this.askedBriefly = this.demand.brief === true;
    if (!this.connection.send(encodeWant(this.generation + 1, wants))) return;
    this.generation += 1;
    this.connection.expectAnswer(true);
  }

  /** What is neither held nor given up, in order; a second entry of a slice builds on the first. */
  private missing(most: number): Want[] {
    const coming = new Map<number, number>();
    const wants: Want[] = [];
    for (const item of this.plan.items) {
      const layer = this.layers[item.layer];
      if (!layer || this.held(layer, item)) continue;
      const key = sliceKey(item.layer, item.slice);
      const have = coming.get(key) ?? layer.streams.have(item.slice);
      coming.set(key, item.level);
      const { slice, level, priority } = item;
      wants.push({ layer: layer.index, plane: STORED_PLANE, slice, have, level, priority });
      if (wants.length >= most) break;
    }
    return wants;
  }

  private held(layer: Layer, { slice, level }: Item): boolean {
    return layer.streams.holds(slice, level) || layer.level(slice) >= level || layer.givenUp(slice);
  }

  private replan(): void {
    if (!this.demand) return;
    this.plan = new Plan(orderWants(this.demand));
    this.plan.offerAll(this.decodable);
    for (const item of this.plan.items) if (item.needed) this.decoding.get(decodeKey(item))?.hurry();
    this.decodeNext();
  }

  /** Gives the workers the most urgent slices that are held but not decoded. */
  private decodeNext(): void {
    while (this.pool.idle > 0) {
      const item = this.plan.takeNeeded(this.decodable);
      if (!item) break;
      this.decode(item, true);
    }
    while (this.pool.spare > 0 && this.atLeisure()) {
      const item = this.plan.takeFar(this.decodable);
      if (!item) return;
      this.decode(item, false);
    }
  }

  /** Whether far slices may be decoded now: on request, or while the reader rests and there is memory. */
  private atLeisure(): boolean {
    if (this.everything) return true;
    const { fulls, budgets } = this.caches;
    return (
      this.leisureGranted &&
      performance.now() - this.lastChange >= LEISURE_AFTER &&
      fulls.bytes < LEISURE_SHARE * budgets.fullBytes
    );
  }

  private readonly decodable = (item: Item): boolean => {
    const layer = this.layers[item.layer];
    return (
      layer !== undefined &&
      layer.level(item.slice) < item.level &&
      layer.streams.holds(item.slice, item.level) &&
      !layer.givenUp(item.slice) &&
      !this.decoding.has(decodeKey(item))
    );
  };

  private decode(item: Item, urgent: boolean): void {
    const layer = this.layers[item.layer];
    const job = layer?.jobFor(item.slice, item.level);
    if (!layer || !job) return;
    const key = decodeKey(item);
    const decoding = this.pool.run({ ...job, urgent });
    this.decoding.set(key, decoding);
    decoding.decoded
      .then(({ pixels, expanded }) => {
        if (this.layers[item.layer] !== layer) return;
        layer.decoded(item.slice, item.level, pixels, expanded);
        this.count(item);
        this.emit("slice", item);
      })
      .catch(() => {
        this.giveBack(layer, item.slice);
      })
      .finally(() => {
        this.decoding.delete(key);
        this.decodeNext();
      });
  }

  private count({ layer, slice, level }: Item): void {
    const { tally } = this;
    if (!tally || tally.all) return;
    tally.note(layer, slice, level);
    if (tally.swept) this.timings.mark("swept");
    if (!tally.all) return;
    this.timings.mark("allDecoded");
    this.emit("allDecoded", null);
  }

  private tallyOf({ views }: Demand): DecodeTally | null {
    const [view] = views;
    const layer = view && this.layers[view.layers[0] ?? 0];
    return layer && view ? new DecodeTally(layer, view.timepoint) : null;
  }

  private volumesOf({ views }: Demand): { layer: number; timepoint: number }[] {
    return views
      .filter((view) => !view.stored)
      .flatMap((view) => view.layers.map((layer) => this.layers[layer]?.volumeKey(view.timepoint)))
      .filter((key) => key !== undefined);
  }
}

/** One number for a slice at a level; levels are below 16. */
function decodeKey({ layer, slice, level }: Item): number {
  return sliceKey(layer, slice) * 16 + level;
}
