import { describe, expect, it } from "vitest";
import { closeMeaning, retryPause } from "../../viewer/frontend/src/core/close-codes";
import { levelSize, levelStride, previewLevel } from "../../viewer/frontend/src/core/meta";
import { labelsOf, paletteTexels } from "../../viewer/frontend/src/core/palette";
import { planeOf } from "../../viewer/frontend/src/core/planes";
import { FITTED, scaleBarLength, toPicture, zoomAt } from "../../viewer/frontend/src/core/view-transform";
import {
  dragWindow,
  formatValue,
  initialWindow,
  percentileWindow,
  presetsFor,
  windowBounds,
} from "../../viewer/frontend/src/core/window-level";
import { layerMeta } from "./layers";

describe("levels", () => {
  it("previews at 128 pixels or the next smaller level", () => {
    expect(previewLevel(layerMeta())).toBe(3);
    const odd = layerMeta({ size: [500, 300, 9], levels: 3, level_sizes: [[125, 75], [250, 150], [500, 300]] });
    expect(previewLevel(odd)).toBe(0);
    expect(previewLevel(layerMeta({ levels: 1, level_sizes: [[512, 512]] }))).toBe(0);
  });

  it("never previews labels", () => {
    expect(previewLevel(layerMeta({ role: "overlay" }))).toBe(5);
  });

  it("rounds level sizes up", () => {
    const odd = layerMeta({ size: [501, 37, 9] });
    expect(levelStride(odd, 3)).toBe(4);
    expect(levelSize(odd, 3)).toEqual([126, 10]);
  });
});

describe("windows", () => {
  it("start as stored, else with the range", () => {
    expect(initialWindow(layerMeta())).toEqual({ center: 40, width: 400 });
    expect(initialWindow(layerMeta({ window: null, range: [10, 30] }))).toEqual({ center: 20, width: 20 });
    expect(windowBounds({ center: 40, width: 400 })).toEqual([-160, 240]);
  });

  it("offer the CT presets for CT only", () => {
    expect(presetsFor(layerMeta()).map(({ id }) => id)).toContain("lung");
    expect(presetsFor(layerMeta({ modality: "MR" })).map(({ id }) => id)).toEqual(["stored", "full", "percentile"]);
    expect(presetsFor(layerMeta({ components: 3 }))).toEqual([]);
  });

  it("widen to the right, brighten upwards, and never close", () => {
    const start = { center: 40, width: 400 };
    expect(dragWindow(start, layerMeta(), 30, 0).width).toBeGreaterThan(400);
    expect(dragWindow(start, layerMeta(), 0, -30).center).toBeLessThan(40);
    expect(dragWindow(start, layerMeta(), -1e6, 0).width).toBe(1);
  });

  it("cut one percent at each end, whatever order the pixels come in, and skip what is not a number", () => {
    const pixels = Float32Array.from({ length: 1001 }, (_, index) => (index * 10) % 1001);
    pixels[3] = Number.NaN;
    const window = percentileWindow([{ level: 0, width: 1001, height: 1, stride: 1, pixels }])!;
    expect(windowBounds(window)[0]).toBeCloseTo(10, -0.5);
    expect(windowBounds(window)[1]).toBeCloseTo(990, -0.5);
    expect(percentileWindow([])).toBeNull();
  });

  it("write numbers for people", () => {
    expect(formatValue(-34)).toBe("−34");
    expect(formatValue(0.12345)).toBe("0.1235");
    expect(formatValue(Number.NaN)).toBe("no value");
  });
});

describe("the view", () => {
  const plane = planeOf(layerMeta(), "axial");
  const stage = { width: 800, height: 600 };

  it("keeps what lies under the pointer while zooming", () => {
    const point = [612, 77] as const;
    const before = toPicture(plane, stage, FITTED, point);
    const after = toPicture(plane, stage, zoomAt(FITTED, stage, 3, point), point);
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
  });

  it("draws a scale bar of a round length that fits", () => {
    expect(scaleBarLength(2, 120)).toBe(50);
    expect(scaleBarLength(200, 120)).toBe(0.5);
  });
});

describe("labels", () => {
  const overlay = layerMeta({
    role: "overlay",
    type: "uint16",
    range: [0, 300],
    segments: [
      { value: 2, name: "Liver", color: "#102030" },
      { value: 300, name: "Spleen", color: "url(x)" },
    ],
  });
  const texel = (texels: Uint8Array, value: number): number[] => Array.from(texels.subarray(value * 4, value * 4 + 4));

  it("take the given colors, and one of ours for what is not a color", () => {
    const texels = paletteTexels(overlay, new Set());
    expect(texel(texels, 2)).toEqual([16, 32, 48, 255]);
    expect(labelsOf(overlay)[1]?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(texel(texels, 300)[3]).toBe(255);
    expect(texel(texels, 7)[3]).toBe(255);
  });

  it("leave background and hidden labels transparent", () => {
    const texels = paletteTexels(overlay, new Set([2]));
    expect(texel(texels, 0)).toEqual([0, 0, 0, 0]);
    expect(texel(texels, 2)).toEqual([0, 0, 0, 0]);
  });
});

describe("closing", () => {
  it.each([1001, 1005, 1006, 1011, 1012])("connects again by itself after %i", (code) => {
    expect(closeMeaning(code).action).toBe("retry");
  });

  it.each([4400, 4401, 4404, 4408, 4503, 4999])("stops and explains %i", (code) => {
    const meaning = closeMeaning(code);
    expect(meaning.action).toBe("stop");
    expect(meaning.text.length).toBeGreaterThan(10);
  });

  it("waits after flooding and pauses longer each time, to a limit", () => {
    expect(closeMeaning(4429).action).toBe("wait");
    expect([0, 1, 2, 3].map((attempt) => retryPause(attempt, 1))).toEqual([300, 1000, 2000, 4000]);
    expect(retryPause(20, 1)).toBe(30_000);
    expect(retryPause(1, 0)).toBeLessThan(1000);
  });
});
