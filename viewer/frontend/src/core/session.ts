/** Loads what the screen needs: wants by generation, streams, decoding. Knows nothing of drawing. */

import { Connection, type ConnectionStatus } from "./connection";
import { DecodePool } from "./decode-pool";
import { Emitter } from "./emitter";
import { type Budgets, Layer } from "./layer";
import type { SessionMeta } from "./meta";
import { type FragmentMessage, type MetaMessage, STORED_PLANE, type Want, encodeWant } from "./protocol";
import { type Demand, type Item, Priority, orderWants } from "./wants";

interface Events {
  meta: SessionMeta;
  slice: { readonly layer: number; readonly slice: number; readonly level: number };
  /** Bytes of a slice arrived. */
  held: null;
  status: ConnectionStatus;
  state: { readonly ready: boolean; readonly text: string };
  /** Everything wanted has arrived. */
  settled: null;
  broken: { readonly layer: number; readonly slice: number };
}

/** Leading edge at once, then at most one WANT in this time: far below what the server calls flooding. */
const WANT_EVERY = 60;
const MAX_WANTS = 4096;

export class Session extends Emitter<Events> {
  layers: readonly Layer[] = [];
  bytesReceived = 0;
  private readonly connection: Connection;
  private readonly pool: DecodePool;
  private readonly budgets: Budgets;
  private description = "";
  private demand: Demand | null = null;
  private order: readonly Item[] = [];
  private readonly decoding = new Set<string>();
  private generation = 0;
  private wantTimer: number | undefined;
  private lastWant = -Infinity;

  constructor(options: { url: string; pool: DecodePool; budgets: Budgets }) {
    super();
    this.pool = options.pool;
    this.budgets = options.budgets;
    this.connection = new Connection(options.url);
    this.connection.on("status", (status) => {
      this.emit("status", status);
    });
    this.connection.on("message", (message) => {
      if (message.kind === "meta") this.described(message);
      else if (message.kind === "fragment") this.received(message);
      else if (message.kind === "cuts") this.layers[message.layer]?.streams.learn(message.first, message.cuts);
      else if (message.kind === "done") this.done(message.generation);
      else if (message.kind === "state") this.emit("state", message);
    });
  }

  open(): void {
    this.pool.warm();
    this.connection.open();
  }

  /** States what the screen needs now; replaces what was asked before. */
  want(demand: Demand): void {
    this.demand = demand;
    this.order = orderWants(demand);
    this.scheduleWant();
    this.decodeNext();
  }

  private described({ meta, cuts }: MetaMessage): void {
    const description = JSON.stringify(meta);
    if (description !== this.description) {
      this.description = description;
      this.order = [];
      this.layers = meta.layers.map(
        (layer, index) => new Layer(index, layer, cuts[index] ?? new Uint32Array(), this.budgets),
      );
      this.emit("meta", meta);
      return;
    }
    // After a reconnection: the same images, so ask only for what is missing.
    this.layers.forEach((layer, index) => { layer.streams.learn(0, cuts[index] ?? new Uint32Array()); });
    this.sendWant();
  }

  private received(fragment: FragmentMessage): void {
    this.bytesReceived += fragment.payload.length;
    const layer = this.layers[fragment.layer];
    if (!layer || fragment.plane !== STORED_PLANE) return;
    const outcome = layer.streams.accept(fragment);
    if (outcome === "corrupt") this.giveBack(layer, fragment.slice);
    if (outcome !== "appended") return;
    this.emit("held", null);
    this.decodeNext();
  }

  private done(generation: number): void {
    if (generation !== this.generation) return;
    if (this.missing().length > 0) this.scheduleWant();
    else this.emit("settled", null);
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
    else this.wantTimer = window.setTimeout(() => { this.sendWant(); }, wait);
  }

  private sendWant(): void {
    window.clearTimeout(this.wantTimer);
    this.wantTimer = undefined;
    if (!this.demand || this.layers.length === 0) return;
    const wants = this.missing();
    if (wants.length === 0 && this.generation > 0) {
      this.emit("settled", null);
      return;
    }
    this.lastWant = performance.now();
    // Only what is acknowledged may be asked for again (docs/viewer-protocol.md, rule 6).
    this.connection.acknowledge();
    if (this.connection.send(encodeWant(this.generation + 1, wants))) this.generation += 1;
  }

  /** What is neither held nor given up, in order; a second entry of a slice builds on the first. */
  private missing(): Want[] {
    const coming = new Map<string, number>();
    const wants: Want[] = [];
    for (const item of this.order) {
      const layer = this.layers[item.layer];
      if (!layer || layer.givenUp(item.slice) || layer.streams.holds(item.slice, item.level)) continue;
      const key = `${item.layer}:${item.slice}`;
      const have = coming.get(key) ?? layer.streams.have(item.slice);
      coming.set(key, item.level);
      wants.push({ ...item, plane: STORED_PLANE, have });
      if (wants.length >= MAX_WANTS) break;
    }
    return wants;
  }

  /** Gives free workers the most urgent slices that are held but not decoded. */
  private decodeNext(): void {
    while (this.pool.idle > 0) {
      const item = this.order.find((candidate) => this.decodable(candidate));
      if (!item) return;
      this.decode(item);
    }
  }

  private decodable(item: Item): boolean {
    const layer = this.layers[item.layer];
    if (!layer || !this.worthDecoding(item)) return false;
    return (
      layer.store.level(item.slice) < item.level &&
      layer.streams.holds(item.slice, item.level) &&
      !layer.givenUp(item.slice) &&
      !this.decoding.has(keyOf(item))
    );
  }

  /** Far full slices stay compressed until they are looked at; a cut through all of them needs them all. */
  private worthDecoding(item: Item): boolean {
    if (item.priority === Priority.elsewhere) return false;
    return item.priority !== Priority.refine || this.demand?.stored === false;
  }

  private decode(item: Item): void {
    const layer = this.layers[item.layer];
    const job = layer?.jobFor(item.slice, item.level);
    if (!layer || !job) return;
    const key = keyOf(item);
    this.decoding.add(key);
    this.pool
      .run(job)
      .then((pixels) => {
        layer.decoded(item.slice, item.level, pixels);
        if (this.layers[item.layer] === layer) this.emit("slice", item);
      })
      .catch(() => {
        this.giveBack(layer, item.slice);
      })
      .finally(() => {
        this.decoding.delete(key);
        this.decodeNext();
      });
  }
}

function keyOf(item: Item): string {
  return `${item.layer}:${item.slice}:${item.level}`;
}
