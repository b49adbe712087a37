import { describe, expect, it } from "vitest";
import { budgetsFor, capacities } from "../../viewer/frontend/src/core/budgets";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { expandSlice } from "../../viewer/frontend/src/core/expand";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { ElementType, LayerMeta } from "../../viewer/frontend/src/core/meta";
import { type Pixels, pixelArray } from "../../viewer/frontend/src/core/pixels";
import { NO_LEVEL } from "../../viewer/frontend/src/core/protocol";
import { VolumeRefused } from "../../viewer/frontend/src/core/volume";
import { layerMeta } from "./layers";

const SIZE = [8, 6, 4] as const;
const SLICE = 48;
/** Bytes of one volume. */
const VOLUME = SLICE * 4 * 2;

function caches(volumes = 10): { caches: Caches; dropped: string[] } {
  const dropped: string[] = [];
  const budgets = { streamBytes: 1e6, previewBytes: 1e6, fullBytes: 1e6, volumeBytes: volumes * VOLUME };
  return {
    caches: new Caches(budgets, { dropped: ({ layer, timepoint }) => dropped.push(`${layer}:${timepoint}`) }),
    dropped,
  };
}

function layer(shared: Caches, index = 0, changes: Partial<LayerMeta> = {}): Layer {
  const meta = layerMeta({ size: SIZE, levels: 2, level_sizes: [[4, 3], [8, 6]], range: [-5, 5000], ...changes });
  return new Layer(index, meta, new Uint32Array(100), shared);
}

function filled(value: number, length = SLICE): Pixels {
  return pixelArray("int16", length).fill(value);
}

describe("a volume", () => {
  it("is dark where nothing has arrived, and says so", () => {
    const volume = layer(caches().caches).volume(0);
    expect(volume.pixels.length).toBe(SLICE * 4);
    expect([...new Set(volume.pixels)]).toEqual([-5]);
    expect([...volume.levels]).toEqual([NO_LEVEL, NO_LEVEL, NO_LEVEL, NO_LEVEL]);
    expect(volume.complete).toBe(false);
    expect([...new Set(layer(caches().caches, 0, { role: "overlay" }).volume(0).pixels)]).toEqual([0]);
  });

  it("takes previews on the full grid and then the slices themselves, never the other way round", () => {
    const image = layer(caches().caches);
    const volume = image.volume(0);
    image.decoded(1, 0, filled(7, 12), filled(7));
    expect([...volume.slice(1)]).toEqual([...filled(7)]);
    expect([volume.level(1), image.level(1), volume.version]).toEqual([0, 0, 1]);
    image.decoded(1, 1, filled(9));
    image.decoded(1, 0, filled(7, 12), filled(7));
    expect([...volume.slice(1)]).toEqual([...filled(9)]);
    expect([volume.level(1), volume.version]).toEqual([1, 2]);
    expect([...new Set(volume.slice(0)), ...new Set(volume.slice(2))]).toEqual([-5, -5]);
  });

  it("is complete once every slice is at the full level", () => {
    const image = layer(caches().caches);
    for (let k = 0; k < 4; k += 1) image.decoded(k, 1, filled(k));
    const volume = image.volume(0);
    expect(volume.complete).toBe(true);
    expect(Array.from({ length: 4 }, (_, k) => volume.slice(k)[5])).toEqual([0, 1, 2, 3]);
  });

  it("holds full slices once: viewports of stored slices look into it", () => {
    const shared = caches().caches;
    const image = layer(shared);
    image.decoded(2, 1, filled(3));
    const volume = image.volume(0);
    expect(shared.fulls.bytes).toBe(0);
    image.decoded(3, 1, filled(4));
    expect(shared.fulls.bytes).toBe(0);
    expect(image.store.best(3)).toMatchObject({ level: 1, width: 8, height: 6, stride: 1 });
    expect(image.store.best(2)!.pixels.buffer).toBe(volume.pixels.buffer);
    expect(image.store.best(0)).toBeUndefined();
  });

  it("belongs to one time point", () => {
    const image = layer(caches().caches, 0, { timepoints: 3 });
    image.volume(1);
    image.decoded(5, 1, filled(8));
    expect(image.volume(1).level(1)).toBe(1);
    expect(image.volume(2).level(1)).toBe(-1);
    expect([image.level(5), image.level(9), image.level(1)]).toEqual([1, -1, -1]);
    expect(layer(caches().caches).volume(2)).toMatchObject({ timepoint: 0 });
  });

  it("is asked to be decoded with its previews expanded, where there is one", () => {
    const image = layer(caches().caches);
    const cuts = Uint32Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? 3 : 5));
    image.streams.learn(0, cuts);
    const payload = Uint8Array.of(1, 2, 3, 4, 5);
    const fragment = { kind: "fragment" as const, generation: 1, layer: 0, plane: 0, slice: 1, levelFrom: NO_LEVEL };
    image.streams.accept({ ...fragment, levelTo: 1, crc: 0x470b99f4, payload });
    expect(image.jobFor(1, 0)).toMatchObject({ expand: null, length: 12, reduce: 1 });
    image.volume(0);
    expect(image.jobFor(1, 0)).toMatchObject({ expand: { width: 8, height: 6, stride: 2, components: 1 } });
    expect(image.jobFor(1, 1)).toMatchObject({ expand: null, length: SLICE, reduce: 0 });
  });
});

describe("memory for volumes", () => {
  it("is shared: what nothing shows makes room, the one used longest ago first", () => {
    const { caches: shared, dropped } = caches(2);
    const [a, b] = [layer(shared, 0, { timepoints: 2 }), layer(shared, 1)];
    a.volume(0);
    a.volume(1);
    a.volume(0);
    shared.volumes.need([a.volumeKey(0)]);
    b.volume(0);
    expect(dropped).toEqual(["0:1"]);
    expect(a.volumeRefusal(1)).toBeNull();
    a.volume(1);
    expect(dropped).toEqual(["0:1", "1:0"]);
  });

  it("is refused in words when what is shown leaves too little", () => {
    const { caches: shared, dropped } = caches(2);
    const [a, b, c] = [layer(shared, 0), layer(shared, 1), layer(shared, 2)];
    a.volume(0);
    b.volume(0);
    shared.volumes.need([a.volumeKey(0), b.volumeKey(0)]);
    expect(() => c.volume(0)).toThrow(VolumeRefused);
    expect(c.volumeRefusal(0)).toMatch(/needs 1 MB of memory and too little is left\. Show fewer/);
    expect(b.volumeRefusal(0)).toBeNull();
    expect(dropped).toEqual([]);
  });

  it("is refused for a volume that could never fit", () => {
    const { caches: shared } = caches(0.5);
    expect(layer(shared).volumeRefusal(0)).toMatch(/stored slices can be shown, but no other planes/);
  });

  it("takes full slices with the volume, and they are decoded again when looked at", () => {
    const { caches: shared } = caches(1);
    const [a, b] = [layer(shared, 0), layer(shared, 1)];
    a.volume(0);
    a.decoded(0, 0, filled(1, 12), filled(1));
    a.decoded(0, 1, filled(2));
    b.volume(0);
    expect(a.store.best(0)).toMatchObject({ level: 0 });
    expect(a.level(0)).toBe(0);
  });
});

describe("a preview on the full grid", () => {
  const to = { width: 5, height: 4, stride: 2, components: 1 };

  it("keeps its values where they sit, with straight lines between them", () => {
    const preview = Int16Array.of(0, 10, -20, 100, 110, 80);
    expect([...expandSlice("int16", preview, to)]).toEqual([
      0, 5, 10, -5, -20,
      50, 55, 60, 45, 30,
      100, 105, 110, 95, 80,
      100, 105, 110, 95, 80,
    ]);
  });

  it("rounds integers to the nearest and leaves floats as they are", () => {
    const wide = { ...to, stride: 4, width: 5, height: 1 };
    expect([...expandSlice("int16", Int16Array.of(0, -3), wide)]).toEqual([0, -1, -1, -2, -3]);
    expect([...expandSlice("uint8", Uint8Array.of(0, 255), wide)]).toEqual([0, 64, 128, 191, 255]);
    expect([...expandSlice("float32", Float32Array.of(0, -3), wide)]).toEqual([0, -0.75, -1.5, -2.25, -3]);
  });

  it("keeps the components of a color apart", () => {
    const preview = Uint8Array.of(0, 100, 200, 10, 110, 210);
    const grid = { width: 3, height: 1, stride: 2, components: 3 };
    expect([...expandSlice("uint8", preview, grid)]).toEqual([0, 100, 200, 5, 105, 205, 10, 110, 210]);
  });

  it.each<ElementType>(["uint8", "int16", "uint16", "float32"])("never leaves the range of %s", (type) => {
    const largest = { uint8: 255, int16: 32767, uint16: 65535 }[type as "uint8"] ?? 1e30;
    const preview = pixelArray(type, 9).fill(largest);
    const grid = { width: 5, height: 6, stride: 2, components: 1 };
    expect([...new Set(expandSlice(type, preview, grid))]).toEqual([pixelArray(type, 1).fill(largest)[0]]);
  });
});

describe("what fits into memory", () => {
  it("follows what the browser tells, within bounds", () => {
    expect(budgetsFor(4).volumeBytes).toBe(budgetsFor(8).volumeBytes / 2);
    expect(budgetsFor(undefined)).toEqual(budgetsFor(8));
    expect(budgetsFor(0.25)).toEqual(budgetsFor(2));
    expect(budgetsFor(64)).toEqual(budgetsFor(16));
  });

  it("is planned for previews first, then full slices, the same share of every layer", () => {
    const layers = [
      { slices: 100, previewBytes: 10, fullBytes: 110 },
      { slices: 50, previewBytes: 10, fullBytes: 110 },
    ];
    expect(capacities(layers, 1e6)).toEqual([{ previews: 100, fulls: 100 }, { previews: 50, fulls: 50 }]);
    expect(capacities(layers, 10_000)).toEqual([{ previews: 100, fulls: 50 }, { previews: 50, fulls: 25 }]);
    expect(capacities(layers, 834)).toEqual([{ previews: 50, fulls: 8 }, { previews: 25, fulls: 8 }]);
  });

  it("counts a layer without smaller levels once", () => {
    const labels = { slices: 100, previewBytes: 100, fullBytes: 100 };
    expect(capacities([labels], 1e6)).toEqual([{ previews: 100, fulls: 100 }]);
    expect(capacities([labels], 5556)).toEqual([{ previews: 50, fulls: 50 }]);
  });
});
