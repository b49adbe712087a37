import { describe, expect, it } from "vitest";
import { crc32 } from "../../viewer/frontend/src/core/crc32";
import { LruCache } from "../../viewer/frontend/src/core/lru";
import { type FragmentMessage, NO_LEVEL } from "../../viewer/frontend/src/core/protocol";
import { SliceStreams } from "../../viewer/frontend/src/core/streams";

/** Two slices of three levels; slice 0 ends at 4, 10, 20 bytes, slice 1 at 5, 11, 30. */
const CUTS = Uint32Array.of(4, 10, 20, 5, 11, 30);
const SLICE = Uint8Array.from({ length: 20 }, (_, index) => index + 1);

function fragment(levelFrom: number, levelTo: number): FragmentMessage {
  const start = levelFrom === NO_LEVEL ? 0 : CUTS[levelFrom]!;
  const payload = SLICE.slice(start, CUTS[levelTo]);
  return { kind: "fragment", generation: 1, layer: 0, plane: 0, slice: 0, levelFrom, levelTo, crc: crc32(payload), payload };
}

function streams(budget = 1000, cuts = CUTS): SliceStreams {
  return new SliceStreams({ cuts, levels: 3, held: new LruCache(budget), layer: 0 });
}

describe("the bytes of a slice", () => {
  it("grow by appending", () => {
    const held = streams();
    expect(held.have(0)).toBe(NO_LEVEL);
    expect(held.accept(fragment(NO_LEVEL, 0))).toBe("appended");
    expect(held.accept(fragment(0, 2))).toBe("appended");
    expect(held.have(0)).toBe(2);
    expect(held.prefix(0, 1)).toEqual(SLICE.slice(0, 10));
    expect(held.prefix(0, 2)).toEqual(SLICE);
  });

  it("are trimmed where a fragment overlaps what is held", () => {
    const held = streams();
    held.accept(fragment(NO_LEVEL, 1));
    expect(held.accept(fragment(NO_LEVEL, 2))).toBe("appended");
    expect(held.prefix(0, 2)).toEqual(SLICE);
  });

  it("ignore what is known and what leaves a gap", () => {
    const held = streams();
    expect(held.accept(fragment(0, 2))).toBe("gap");
    held.accept(fragment(NO_LEVEL, 2));
    expect(held.accept(fragment(NO_LEVEL, 1))).toBe("known");
    expect(held.prefix(0, 2)).toEqual(SLICE);
  });

  it("refuse a wrong checksum, a wrong length and a level that does not exist", () => {
    const held = streams();
    expect(held.accept({ ...fragment(NO_LEVEL, 1), crc: 1 })).toBe("corrupt");
    const short = SLICE.slice(0, 9);
    expect(held.accept({ ...fragment(NO_LEVEL, 1), payload: short, crc: crc32(short) })).toBe("corrupt");
    expect(held.accept({ ...fragment(NO_LEVEL, 1), levelTo: 7 })).toBe("gap");
    expect(held.have(0)).toBe(NO_LEVEL);
  });

  it("are handed out as a copy, because workers take them away", () => {
    const held = streams();
    held.accept(fragment(NO_LEVEL, 2));
    held.prefix(0, 2)!.fill(0);
    expect(held.prefix(0, 2)).toEqual(SLICE);
  });

  it("know their mean size and forget the slice that was used longest ago", () => {
    const held = streams(25);
    expect(held.meanBytes(2)).toBe(25);
    expect(held.meanBytes(0)).toBe(4.5);
    held.accept(fragment(NO_LEVEL, 2));
    held.accept({ ...fragment(NO_LEVEL, 1), slice: 1, ...payloadOf(11) });
    expect(held.have(0)).toBe(NO_LEVEL);
    expect(held.have(1)).toBe(1);
  });
});

describe("cut points that are told later", () => {
  it("make fragments acceptable", () => {
    const held = streams(1000, new Uint32Array(6));
    expect(held.accept(fragment(NO_LEVEL, 2))).toBe("corrupt");
    held.learn(0, CUTS.subarray(0, 3));
    expect(held.accept(fragment(NO_LEVEL, 2))).toBe("appended");
    expect(held.meanBytes(2)).toBe(20);
  });

  it("keep what is held, unless the slice was encoded otherwise", () => {
    const held = streams();
    held.accept(fragment(NO_LEVEL, 1));
    held.learn(0, Uint32Array.of(0, 0, 0, 5, 11, 30));
    expect(held.have(0)).toBe(1);
    held.learn(0, Uint32Array.of(4, 11, 21));
    expect(held.have(0)).toBe(NO_LEVEL);
  });

  it("are not taken for slices that do not exist", () => {
    const held = streams();
    held.learn(1, Uint32Array.of(5, 11, 30, 6, 12, 31));
    expect(held.accept(fragment(NO_LEVEL, 2))).toBe("appended");
  });
});

function payloadOf(length: number): { payload: Uint8Array; crc: number } {
  const payload = new Uint8Array(length);
  return { payload, crc: crc32(payload) };
}

describe("the cache", () => {
  it("keeps what was read last", () => {
    const cache = new LruCache<string, number>(20);
    cache.set("a", 1, 10);
    cache.set("b", 2, 10);
    cache.get("a");
    cache.set("c", 3, 10);
    expect([cache.peek("a"), cache.peek("b"), cache.peek("c")]).toEqual([1, undefined, 3]);
    expect(cache.bytes).toBe(20);
  });

  it("does not take a look for a use", () => {
    const cache = new LruCache<string, number>(20);
    cache.set("a", 1, 10);
    cache.set("b", 2, 10);
    cache.peek("a");
    cache.set("c", 3, 10);
    expect(cache.peek("a")).toBeUndefined();
  });

  it("holds the newest even if it alone is over the budget, and counts replacements once", () => {
    const cache = new LruCache<string, number>(20);
    cache.set("a", 1, 15);
    cache.set("a", 2, 18);
    expect(cache.bytes).toBe(18);
    cache.set("b", 3, 50);
    expect(cache.count).toBe(1);
    expect(cache.peek("b")).toBe(3);
  });
});
