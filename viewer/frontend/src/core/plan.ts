/** An order of wants that is worked through: what arrived and waits for a decoder, without looking at everything again. */

import { sliceKey } from "./caches";
import type { Item } from "./wants";

const WAITING = 0;
const NEEDED = 1;
const LEISURE = 2;

export class Plan {
  readonly items: readonly Item[];
  /** Per item, in order: nothing to decode yet, or how urgently. */
  private readonly marks: Uint8Array;
  /** Places of a slice in the order: its preview and its full picture. */
  private readonly places = new Map<number, number[]>();

  constructor(items: readonly Item[]) {
    this.items = items;
    this.marks = new Uint8Array(items.length);
    items.forEach(({ layer, slice }, place) => {
      const key = sliceKey(layer, slice);
      const known = this.places.get(key);
      if (known) known.push(place);
      else this.places.set(key, [place]);
    });
  }

  /** Items of a slice, most urgent first. */
  of(layer: number, slice: number): readonly Item[] {
    return (this.places.get(sliceKey(layer, slice)) ?? []).map((place) => this.items[place] as Item);
  }

  /** Bytes of a slice are here: `decodable` tells which of its items can be decoded. */
  offer(layer: number, slice: number, decodable: (item: Item) => boolean): void {
    for (const place of this.places.get(sliceKey(layer, slice)) ?? []) this.mark(place, decodable);
  }

  offerAll(decodable: (item: Item) => boolean): void {
    for (let place = 0; place < this.items.length; place += 1) this.mark(place, decodable);
  }

  /** The most urgent item that the screen needs and that can be decoded, taken out. */
  takeNeeded(decodable: (item: Item) => boolean): Item | undefined {
    return this.takeMarked(NEEDED, decodable);
  }

  /** The first item that nothing shows and that can be decoded, taken out. */
  takeFar(decodable: (item: Item) => boolean): Item | undefined {
    return this.takeMarked(LEISURE, decodable);
  }

  private mark(place: number, decodable: (item: Item) => boolean): void {
    const item = this.items[place] as Item;
    if (decodable(item)) this.marks[place] = item.needed ? NEEDED : LEISURE;
  }

  private takeMarked(mark: number, decodable: (item: Item) => boolean): Item | undefined {
    for (let place = this.marks.indexOf(mark); place >= 0; place = this.marks.indexOf(mark, place + 1)) {
      this.marks[place] = WAITING;
      const item = this.items[place] as Item;
      if (decodable(item)) return item;
    }
    return undefined;
  }
}
