import { describe, expect, it } from "vitest";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { Layer } from "../../viewer/frontend/src/core/layer";
import { type Pixels, pixelArray } from "../../viewer/frontend/src/core/pixels";
import { planeOf } from "../../viewer/frontend/src/core/planes";
import { sampleAt } from "../../viewer/frontend/src/core/sample";
import { Pictures } from "../../viewer/frontend/src/render/pictures";
import { layerMeta } from "./layers";

const LIMIT = 8192;
const SIZE = [8, 6, 3] as const;
const BUDGETS = { streamBytes: 1e6, previewBytes: 1e6, fullBytes: 1e6, volumeBytes: 1e6 };

function newLayer(changes: Parameters<typeof layerMeta>[0] = {}): Layer {
  const meta = layerMeta({
    size: SIZE,
    levels: 2,
    level_sizes: [[4, 3], [8, 6]],
    range: [-5, 5000],
    ...changes,
  });
  return new Layer(0, meta, new Uint32Array(100), new Caches(BUDGETS));
}

/** Value of a voxel that says where it is. */
const valueAt = (i: number, j: number, k: number): number => i + 10 * j + 1000 * k;

function pixelsOf(k: number, stride: number): Pixels {
  const width = SIZE[0] / stride;
  const height = SIZE[1] / stride;
  const pixels = pixelArray("int16", width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) pixels[y * width + x] = valueAt(x * stride, y * stride, k);
  }
  return pixels;
}

describe("cuts through the stored slices", () => {
  it("takes rows from full slices for the coronal plane", () => {
    const layer = newLayer();
    for (let k = 0; k < 3; k += 1) layer.decoded(k, 1, pixelsOf(k, 1));
    const shown = new Pictures().find(layer, planeOf(layer.meta, "coronal"), 4, 0, LIMIT)!;
    expect(shown.complete).toBe(true);
    expect([shown.picture.width, shown.picture.height]).toEqual([8, 3]);
    expect(shown.picture.pixels[2 * 8 + 5]).toBe(valueAt(5, 4, 2));
  });

  it("takes columns for the sagittal plane", () => {
    const layer = newLayer();
    for (let k = 0; k < 3; k += 1) layer.decoded(k, 1, pixelsOf(k, 1));
    const shown = new Pictures().find(layer, planeOf(layer.meta, "sagittal"), 7, 0, LIMIT)!;
    expect([shown.picture.width, shown.picture.height]).toEqual([6, 3]);
    expect(shown.picture.pixels[6 + 3]).toBe(valueAt(7, 3, 1));
  });

  it("interpolates previews on the full grid, without a shift", () => {
    const layer = newLayer();
    layer.decoded(1, 0, pixelsOf(1, 2));
    const shown = new Pictures().find(layer, planeOf(layer.meta, "coronal"), 3, 0, LIMIT)!;
    expect(shown.complete).toBe(false);
    expect(shown.level).toBe(-1);
    // A linear ramp is met exactly between preview pixels, up to the last one.
    expect(Array.from(shown.picture.pixels.slice(8, 15))).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => valueAt(i, 3, 1)));
    expect(shown.picture.pixels[0]).toBe(-5);
  });

  it("replaces a preview when the full slice arrives, and says that the picture changed", () => {
    const layer = newLayer();
    const pictures = new Pictures();
    const plane = planeOf(layer.meta, "sagittal");
    for (let k = 0; k < 3; k += 1) layer.decoded(k, 0, pixelsOf(k, 2));
    const before = pictures.find(layer, plane, 3, 0, LIMIT)!;
    const unchanged = pictures.find(layer, plane, 3, 0, LIMIT)!;
    for (let k = 0; k < 3; k += 1) layer.decoded(k, 1, pixelsOf(k, 1));
    const after = pictures.find(layer, plane, 3, 0, LIMIT)!;
    expect(unchanged.picture.key).toBe(before.picture.key);
    expect(after.picture.key).not.toBe(before.picture.key);
    expect([before.level, after.level]).toEqual([0, 1]);
  });

  it("never mixes labels", () => {
    const layer = newLayer({ role: "overlay", type: "uint8", range: [0, 9] });
    layer.decoded(0, 0, Uint8Array.of(0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9));
    const shown = new Pictures().find(layer, planeOf(layer.meta, "coronal"), 2, 0, LIMIT)!;
    expect(new Set(shown.picture.pixels)).toEqual(new Set([0, 9]));
  });
});

describe("values under the cursor", () => {
  it("are exact on full slices and marked on previews", () => {
    const layer = newLayer();
    layer.decoded(1, 0, pixelsOf(1, 2));
    expect(sampleAt(layer, [4, 2, 1], 0)).toEqual({ values: [valueAt(4, 2, 1)], exact: false });
    layer.decoded(1, 1, pixelsOf(1, 1));
    expect(sampleAt(layer, [5.4, 2.6, 1], 0)).toEqual({ values: [valueAt(5, 3, 1)], exact: true });
    expect(sampleAt(layer, [8, 2, 1], 0)).toBeNull();
    expect(sampleAt(layer, [1, 1, 2], 0)).toBeNull();
  });
});

it("shows the preview of a slice that is too large for the graphics device", () => {
  const layer = newLayer();
  layer.decoded(0, 0, pixelsOf(0, 2));
  layer.decoded(0, 1, pixelsOf(0, 1));
  const plane = planeOf(layer.meta, "axial");
  expect(new Pictures().find(layer, plane, 0, 0, LIMIT)!.picture.width).toBe(8);
  expect(new Pictures().find(layer, plane, 0, 0, 4)!.picture.width).toBe(4);
});
