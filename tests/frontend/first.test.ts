import { describe, expect, it } from "vitest";
import type { DecodedSlice, Pixels } from "../../viewer/frontend/src/core/pixels";
import { openingOf } from "../../viewer/frontend/src/first/opening";
import { windowedPixels } from "../../viewer/frontend/src/first/picture";
import { layerMeta } from "./layers";

function slice(pixels: Pixels, width: number, height = 1): DecodedSlice {
  return { level: 0, width, height, stride: 1, pixels };
}

describe("what the viewer opens with", () => {
  it("is the middle of the first image, in the window it brings", () => {
    const overlay = layerMeta({ role: "overlay" });
    const image = layerMeta({ size: [8, 8, 9], window: { center: 50, width: 350 } });
    const opening = openingOf({ version: 2, title: "", layers: [overlay, image] });
    expect(opening).toEqual({ layer: 1, slice: 4, timepoint: 0, window: { center: 50, width: 350 } });
  });

  it("is nothing when there is no image", () => {
    expect(openingOf({ version: 2, title: "", layers: [layerMeta({ role: "overlay" })] })).toBeNull();
  });
});

describe("the first picture", () => {
  it("is windowed: black at the lower bound, white at the upper, straight in between", () => {
    const pixels = windowedPixels(slice(Int16Array.of(-1024, -160, 41, 240, 3000), 5), 1, { center: 40, width: 400 });
    const grey = [...pixels].filter((_, at) => at % 4 === 0);
    expect(grey).toEqual([0, 0, 128, 255, 255]);
    expect([...pixels].filter((_, at) => at % 4 === 3)).toEqual([255, 255, 255, 255, 255]);
    expect([pixels[8], pixels[9], pixels[10]]).toEqual([128, 128, 128]);
  });

  it("shows what is not a number as the darkest", () => {
    const pixels = windowedPixels(slice(Float32Array.of(NaN, 1), 2), 1, { center: 0.5, width: 1 });
    expect([pixels[0], pixels[4]]).toEqual([0, 255]);
  });

  it("keeps colors", () => {
    const pixels = windowedPixels(slice(Uint8Array.of(1, 2, 3, 250, 251, 252), 2), 3, { center: 127.5, width: 255 });
    expect([...pixels]).toEqual([1, 2, 3, 255, 250, 251, 252, 255]);
  });
});
