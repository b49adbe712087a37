import { describe, expect, it } from "vitest";
import type { LayerMeta } from "../../viewer/frontend/src/core/meta";
import { cssGradient, stopsBetween } from "../../viewer/frontend/src/render/color-maps";
import { displayGrid, displayPixels, emptyPixels } from "../../viewer/frontend/src/render/display-pixels";
import { parseId, sliceId, volumeId, volumeSliceId } from "../../viewer/frontend/src/render/image-ids";
import { LabelNumbers, MAX_LABEL_NUMBER } from "../../viewer/frontend/src/render/label-numbers";
import { type OverlayLook, labelColors, overlayKind, overlayRgba } from "../../viewer/frontend/src/render/overlay-colors";
import { writeLabels } from "../../viewer/frontend/src/render/transfer";
import { layerMeta } from "./layers";

const slice = (pixels: Int16Array | Uint8Array | Float32Array | Uint16Array, width: number, stride: number, level = 0) => ({
  level, width, height: pixels.length / width, stride, pixels: pixels as Int16Array<ArrayBuffer>,
});

describe("pixels for the graphics device", () => {
  const meta = layerMeta({ size: [4, 2, 1] });
  const grid = displayGrid(meta, 8192);

  it("are the slice's own where they can be", () => {
    const full = slice(new Int16Array(8), 4, 1);
    expect(displayPixels(meta, grid, full)).toBe(full.pixels);
  });

  it("of a preview lie where the full ones will: level pixel x on full pixel x times stride", () => {
    expect([...displayPixels(meta, grid, slice(Int16Array.of(0, 100), 2, 2))]).toEqual([0, 50, 100, 100, 0, 50, 100, 100]);
  });

  it("have one type per layer, whatever the level, so that nothing is made anew", () => {
    for (const type of ["int16", "uint8", "float32", "int32"] as const) {
      const typed = { ...meta, type };
      expect(displayPixels(typed, grid, slice(new Uint8Array(2), 2, 2)).constructor).toBe(emptyPixels(typed, grid).constructor);
    }
    expect(emptyPixels({ ...meta, type: "int32" }, grid)).toBeInstanceOf(Float32Array);
  });

  it("are dark where nothing has arrived", () => {
    expect([...emptyPixels(meta, grid)]).toEqual(Array(8).fill(-1024));
    expect([...emptyPixels({ ...meta, role: "overlay" }, grid)]).toEqual(Array(8).fill(0));
  });

  it("have no holes", () => {
    const float: LayerMeta = { ...meta, type: "float32", range: [-2, 5] };
    expect([...displayPixels(float, grid, slice(Float32Array.of(1, NaN, 3, 4, 5, 1, 2, 3), 4, 1))]).toEqual([1, -2, 3, 4, 5, 1, 2, 3]);
  });

  it("of color are three bytes, of whatever it was", () => {
    const rgba: LayerMeta = { ...meta, size: [2, 1, 1], components: 4, type: "uint16", range: [0, 1000] };
    const colored = displayPixels(rgba, displayGrid(rgba, 8192), slice(Uint16Array.of(0, 500, 1000, 9, 1000, 0, 250, 9), 2, 1));
    expect([...colored]).toEqual([0, 128, 255, 255, 0, 64]);
  });

  it("of an image larger than a texture are every second or fourth", () => {
    const large = layerMeta({ size: [9, 4, 1] });
    const small = displayGrid(large, 5);
    expect(small).toMatchObject({ width: 5, height: 2, stride: 2 });
    const pixels = Int16Array.from({ length: 36 }, (_, at) => at);
    expect([...displayPixels(large, small, slice(pixels, 9, 1))]).toEqual([0, 2, 4, 6, 8, 18, 20, 22, 24, 26]);
  });
});

describe("overlays", () => {
  const labels = layerMeta({ role: "overlay", type: "uint8", range: [0, 3], segments: [{ value: 2, name: "Liver", color: "#102030" }] });

  it("are labels when they are named or few, else values", () => {
    expect(overlayKind(labels)).toBe("labels");
    expect(overlayKind(layerMeta({ role: "overlay", type: "uint16", range: [0, 40], segments: [] }))).toBe("labels");
    expect(overlayKind(layerMeta({ role: "overlay", type: "float32", range: [0, 1] }))).toBe("heat");
    expect(overlayKind(layerMeta({ role: "overlay", type: "int16", range: [-10, 20] }))).toBe("heat");
    expect(overlayKind(layerMeta({ role: "overlay", type: "uint16", range: [0, 5000] }))).toBe("heat");
  });

  it("have the color of the segment, none for background and hidden labels", () => {
    const color = labelColors(labels, new Set([3]));
    expect(color(2)).toEqual([16, 32, 48]);
    expect(color(0)).toBeNull();
    expect(color(3)).toBeNull();
    expect(color(1)).toEqual(color(9));
  });

  const painted = (look: OverlayLook, pixels: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>, width: number): number[][] => {
    const out = new Uint8Array(pixels.length * 4);
    overlayRgba({ meta: labels, look, pixels, width, out });
    return Array.from({ length: pixels.length }, (_, at) => [...out.subarray(at * 4, at * 4 + 4)]);
  };

  it("are painted with contours that stand out", () => {
    const pixels = new Uint8Array(25).fill(2);
    const found = painted({ kind: "labels", opacity: 0.5, hidden: new Set() }, pixels, 5);
    expect(found[12]).toEqual([16, 32, 48, 128]);
    expect(found[0]).toEqual([16, 32, 48, 230]);
    expect(painted({ kind: "labels", opacity: 0.5, hidden: new Set([2]) }, pixels, 5)[12]).toEqual([0, 0, 0, 0]);
  });

  it("of values begin above the threshold and end in the last color", () => {
    const look = { kind: "heat", opacity: 1, colorMap: "grey", range: [1, 3], smooth: true } as const;
    const found = painted(look, Float32Array.of(0.9, 1, 2, 3, 99, NaN), 6);
    expect(found.map((rgba) => rgba[3])).toEqual([0, 0, 255, 255, 255, 0]);
    expect(found.map((rgba) => rgba[0])).toEqual([0, 0, 128, 255, 255, 0]);
  });
});

describe("numbers of labels", () => {
  it("are the labels themselves while they are small", () => {
    const numbers = new LabelNumbers(7);
    const out = new Uint16Array(3);
    numbers.translate(Uint8Array.of(0, 7, 3), out);
    expect([...out]).toEqual([0, 7, 3]);
    expect(numbers.count).toBe(8);
  });

  it("are given in the order of appearance to large labels, and stay", () => {
    const numbers = new LabelNumbers(14_175);
    const out = new Uint16Array(5);
    numbers.translate(Int32Array.of(11_100, 0, 14_175, 11_100, -3), out);
    expect([...out]).toEqual([1, 0, 2, 1, 0]);
    expect([numbers.labelOf(1), numbers.labelOf(2), numbers.count]).toEqual([11_100, 14_175, 3]);
    numbers.translate(Int32Array.of(14_175), out);
    expect(out[0]).toBe(2);
  });

  it("never grow beyond the table", () => {
    const numbers = new LabelNumbers(1e6);
    const out = new Uint16Array(5000);
    numbers.translate(Int32Array.from({ length: 5000 }, (_, at) => at + 1), out);
    expect(Math.max(...out)).toBeLessThanOrEqual(MAX_LABEL_NUMBER);
  });

  it("have a step of color each in the tables of the device", () => {
    const seen: { x: number; r: number }[] = [];
    const opaque: { x: number; y: number }[] = [];
    const meta = layerMeta({ role: "overlay", type: "uint8", range: [0, 2], segments: [{ value: 1, name: "A", color: "#ff0000" }] });
    writeLabels(
      { colors: { setNodes: (nodes) => seen.push(...nodes) }, opacity: { setNodes: (nodes) => opaque.push(...nodes) } },
      meta, new LabelNumbers(2), { kind: "labels", opacity: 0.4, hidden: new Set([2]) },
    );
    expect(opaque.map(({ y }) => y)).toEqual([0, 0, 0.4, 0.4, 0, 0]);
    expect(seen.slice(2, 4)).toMatchObject([{ x: 0.501, r: 1 }, { x: 1.499, r: 1 }]);
  });
});

describe("color maps", () => {
  it("run from one bound to the other, backwards when inverted", () => {
    expect(stopsBetween("grey", [-100, 300], false)).toEqual([[-100, 0, 0, 0], [300, 1, 1, 1]]);
    expect(stopsBetween("grey", [-100, 300], true)).toEqual([[-100, 1, 1, 1], [300, 0, 0, 0]]);
    const iron = stopsBetween("hot-iron", [0, 4], true).map(([at]) => at);
    expect(iron).toEqual([...iron].sort((a, b) => a - b));
    expect(cssGradient("grey")).toBe("linear-gradient(to right, rgb(0 0 0) 0.0%, rgb(255 255 255) 100.0%)");
  });
});

describe("names of slices", () => {
  it("lead back to the layer and the stored slice", () => {
    const depth = (): number => 20;
    expect(parseId(sliceId(2, 45), depth)).toEqual({ layer: 2, slice: 45 });
    expect(parseId(volumeSliceId(volumeId(2, 3), 7), depth)).toEqual({ layer: 2, slice: 67 });
    expect(parseId("wadors:1:2", depth)).toBeNull();
  });
});
