import { describe, expect, it } from "vitest";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { voxelToWorld, worldToVoxel } from "../../viewer/frontend/src/core/geometry";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { LayerMeta, Vec3 } from "../../viewer/frontend/src/core/meta";
import { cameraOf, worldToScreen } from "../../viewer/frontend/src/render/camera";
import { sampleVoxel } from "../../viewer/frontend/src/render/sampling";
import { sameScene } from "../../viewer/frontend/src/render/scene";
import { sliceRange } from "../../viewer/frontend/src/render/sections";
import { dot } from "../../viewer/frontend/src/render/vectors";
import { agree, followed } from "../../viewer/frontend/src/state/links";
import { overlaysFor } from "../../viewer/frontend/src/state/overlays";
import * as changes from "../../viewer/frontend/src/state/pane-changes";
import { type PaneInputs, demandOf, sceneOf, shownSlice } from "../../viewer/frontend/src/state/scenes";
import { type PaneState, emptyPane } from "../../viewer/frontend/src/state/workspace-state";
import { layerMeta } from "./layers";

const META = layerMeta({ size: [64, 48, 20], spacing: [1, 1.5, 3], levels: 3, level_sizes: [[16, 12], [32, 24], [64, 48]] });
const SIZE = { width: 500, height: 400 };

function layer(meta: LayerMeta = META, index = 0): Layer {
  const slices = meta.size[2] * Math.max(1, meta.timepoints);
  const cuts = new Uint32Array(slices * meta.levels).map((_, at) => (at % meta.levels) * 100 + 100);
  return new Layer(index, meta, cuts, new Caches(budgetsFor(8)));
}

function pane(meta: LayerMeta = META, index = 0): PaneState {
  return changes.opened(emptyPane(0), index, meta);
}

function indexOf(state: PaneState, meta: LayerMeta = META): number {
  return sliceRange(meta, state.orientation, state.facing, state.focus).index;
}

describe("a pane", () => {
  it("opens in the middle of the stored plane with the window that belongs to the image", () => {
    const state = pane();
    expect(indexOf(state)).toBe(10);
    expect(worldToVoxel(META, state.focus).map(Math.round)).toEqual([32, 24, 10]);
    expect(state).toMatchObject({ orientation: "stored", window: { center: 40, width: 400 }, preset: "soft-tissue" });
  });

  it("plays time points where there are some, else slices", () => {
    expect(pane().cine.over).toBe("slices");
    expect(pane(layerMeta({ timepoints: 4 })).cine.over).toBe("time");
  });

  it("goes to a slice, not beyond the ends, and knows which way it went", () => {
    const up = changes.atIndex(pane(), META, 12);
    expect([indexOf(up), up.direction]).toEqual([12, 1]);
    const down = changes.atIndex(up, META, -99);
    expect([indexOf(down), down.direction]).toEqual([0, -1]);
    expect(changes.atIndex(down, META, -1).direction).toBe(-1);
  });

  it("keeps the point it looks at when it shows another plane", () => {
    const there = changes.movedTo(pane(), META, voxelToWorld(META, [10, 11, 12]));
    const coronal = changes.withOrientation(there, META, "coronal");
    expect(indexOf(coronal)).toBe(11);
    expect(indexOf(changes.withOrientation(coronal, META, "sagittal"))).toBe(10);
    expect(indexOf(changes.withOrientation(coronal, META, "axial"))).toBe(12);
  });

  it("goes to the slice nearest to a point, and never out of the image", () => {
    const moved = changes.movedTo(pane(), META, voxelToWorld(META, [3.2, 4.4, 6.6]));
    const voxel = worldToVoxel(META, moved.focus);
    expect(voxel[2]).toBeCloseTo(7);
    expect(voxel[0]).toBeCloseTo(3.2);
    const edge = changes.movedTo(pane(), META, [1e6, 0, -1e6]);
    expect(worldToVoxel(META, edge.focus)[0]).toBeCloseTo(63);
    expect(indexOf(edge)).toBe(0);
  });

  it("tilts about its own axes and stays at its point", () => {
    const state = pane();
    const tilted = changes.tilted(state, 20, 0);
    expect(tilted.orientation).toBe("oblique");
    expect(tilted.focus).toEqual(state.focus);
    expect(dot(tilted.facing.normal, state.facing.normal)).toBeCloseTo(Math.cos((20 * Math.PI) / 180));
    expect(dot(tilted.facing.up, state.facing.up)).toBeCloseTo(1);
    const back = changes.tilted(tilted, -20, 0);
    back.facing.normal.forEach((value, axis) => { expect(value).toBeCloseTo(state.facing.normal[axis]!); });
  });

  it("shows any plane with a point in the middle", () => {
    const point = voxelToWorld(META, [20.5, 12.25, 8.75]);
    const state = changes.withPlane(pane(), META, { normal: [0, 3, 4], up: [1, 0, 0] }, point);
    const camera = cameraOf(META, state, state.view, SIZE);
    camera.focalPoint.forEach((value, axis) => { expect(value).toBeCloseTo(point[axis]!); });
    expect(camera.viewPlaneNormal[1]).toBeCloseTo(0.6);
  });

  it.each(["horizontal", "vertical"] as const)("turns clockwise on the screen, mirrored (%s) or not, about the middle", (which) => {
    const start = changes.panned(pane(), 15, -8);
    const middle = cameraOf(META, start, start.view, SIZE).focalPoint;
    for (const state of [start, changes.flipped(start, which)]) {
      const marker: Vec3 = [middle[0] + 5, middle[1] + 2, middle[2]];
      const on = (now: PaneState): readonly [number, number] => {
        const [x, y] = worldToScreen(cameraOf(META, now, now.view, SIZE), SIZE, marker);
        return [x - 250, y - 200];
      };
      const [x, y] = on(state);
      const [turnedX, turnedY] = on(changes.rotated(changes.rotated(state, 40), 50));
      // The picture may be fitted anew after a quarter turn: directions count.
      expect(Math.atan2(turnedY, turnedX)).toBeCloseTo(Math.atan2(x, -y), 5);
    }
  });

  it("shows one stored pixel on one pixel of the device", () => {
    const state = changes.oneToOne(pane(), META, SIZE, 2);
    const camera = cameraOf(META, state, state.view, SIZE);
    const [x] = worldToScreen(camera, SIZE, voxelToWorld(META, [11, 0, 10]));
    const [next] = worldToScreen(camera, SIZE, voxelToWorld(META, [12, 0, 10]));
    expect(Math.abs(next - x)).toBeCloseTo(0.5);
  });

  it("is as it was opened after a reset, at the slice where it is", () => {
    const changed = changes.withSlab(changes.flipped(changes.tilted(changes.atIndex(pane(), META, 3), 30, 10), "vertical"), { mode: "mip" });
    const state = changes.resetPane({ ...changed, inverted: true, colorMap: "viridis" }, META);
    expect(state).toMatchObject({ orientation: "stored", inverted: false, colorMap: "grey", slab: { mode: "none" }, view: pane().view });
    expect(indexOf(state)).toBe(3);
  });

  it("keeps slabs and time points within bounds", () => {
    expect(changes.withSlab(pane(), { mode: "mip", thickness: -5 }).slab).toEqual({ mode: "mip", thickness: 0.1 });
    expect(changes.atTimepoint(pane(), layerMeta({ timepoints: 4 }), 9).timepoint).toBe(3);
  });

  it("has no window for color", () => {
    const state = pane(layerMeta({ components: 3, type: "uint8" }));
    expect(changes.windowDragged(state, layerMeta({ components: 3, type: "uint8" }), 30, 30)).toBe(state);
  });
});

describe("linked panes", () => {
  const other = layerMeta({ ...META, image: "image-2", size: [64, 48, 40], spacing: [1, 1.5, 1.5] });
  const far = layerMeta({ ...META, image: "image-3", origin: [5000, 5000, 5000] });

  it("agree when they share a space", () => {
    expect(agree(META, META)).toBe(true);
    expect(agree(META, other)).toBe(true);
    expect(agree(META, far)).toBe(false);
    expect(agree(layerMeta({ components: 3 }), layerMeta({ components: 3, image: "b" }))).toBe(false);
  });

  const scrolled = changes.atIndex(pane(), META, 13);

  it("scroll to the same place in one space", () => {
    const state = followed("scroll", { state: pane(other), meta: other }, pane(), { state: scrolled, meta: META });
    expect(indexOf(state, other)).toBe(26);
  });

  it("scroll by as many slices in different spaces", () => {
    const state = followed("scroll", { state: pane(far), meta: far }, pane(), { state: scrolled, meta: META });
    expect(indexOf(state, far)).toBe(13);
  });

  it("do not scroll across each other", () => {
    const coronal = changes.withOrientation(pane(), META, "coronal");
    expect(followed("scroll", { state: coronal, meta: META }, pane(), { state: scrolled, meta: META })).toBe(coronal);
  });

  it("follow time points where they have as many", () => {
    const meta = layerMeta({ ...META, timepoints: 5 });
    const after = changes.atTimepoint(pane(meta), meta, 3);
    expect(followed("scroll", { state: pane(meta), meta }, pane(meta), { state: after, meta }).timepoint).toBe(3);
    expect(followed("scroll", { state: pane(), meta: META }, pane(meta), { state: after, meta }).timepoint).toBe(0);
  });

  it("zoom by the same factor and move by the same millimetres", () => {
    const zoomed = changes.zoomed(pane(), META, SIZE, 2, [250, 200]);
    const own = { ...pane(other), view: { ...pane(other).view, zoom: 3 } };
    expect(followed("zoom", { state: own, meta: other }, pane(), { state: zoomed, meta: META }).view.zoom).toBe(6);
    const panned = changes.panned(pane(), 5, -4);
    expect(followed("pan", { state: own, meta: other }, pane(), { state: panned, meta: META }).view.pan).toEqual([5, -4]);
  });

  it("share windows where numbers mean the same", () => {
    const after = { state: changes.withWindow(pane(), { center: 1, width: 2 }), meta: META };
    expect(followed("window", { state: pane(other), meta: other }, pane(), after).window).toEqual({ center: 1, width: 2 });
    const mr = layerMeta({ ...META, image: "mr", modality: "MR", unit: "" });
    expect(followed("window", { state: pane(mr), meta: mr }, pane(), after).window).toEqual(pane(mr).window);
  });
});

describe("what is drawn and loaded", () => {
  const image = layer();
  const mask = layer(layerMeta({ ...META, role: "overlay", type: "uint8", range: [0, 2] }), 1);
  const coarse = layer(layerMeta({ ...META, role: "overlay", type: "uint8", range: [0, 2], size: [32, 24, 10], spacing: [2, 3, 6] }), 2);
  const inputs = (state: PaneState, overlays: readonly Layer[] = []): PaneInputs => ({ state, layer: image, overlays });

  it("a stored slice as it is, while nothing asks for more", () => {
    expect(shownSlice(inputs(pane()))).toBe(10);
    expect(shownSlice(inputs(changes.withOrientation(pane(), META, "axial")))).toBe(10);
    expect(shownSlice(inputs(pane(), [mask]))).toBe(10);
    expect(shownSlice(inputs(changes.withOrientation(pane(), META, "coronal")))).toBeNull();
    expect(shownSlice(inputs(changes.withSlab(pane(), { mode: "mip" })))).toBeNull();
    expect(shownSlice(inputs(changes.tilted(pane(), 1, 0)))).toBeNull();
    expect(shownSlice(inputs(pane(), [coarse]))).toBeNull();
  });

  it("is the same scene for the same choices only", () => {
    const scene = (state: PaneState): ReturnType<typeof sceneOf> => sceneOf(inputs(state, [mask]), SIZE);
    expect(sameScene(scene(pane()), scene({ ...pane(), pointer: [3, 4] }))).toBe(true);
    const hidden = { ...pane(), overlays: { 1: { shown: true, opacity: 1, colorMap: "grey", threshold: null, smooth: true, hiddenLabels: new Set([2]) } } };
    for (const other of [{ ...pane(), inverted: true }, changes.atIndex(pane(), META, 4), changes.panned(pane(), 1, 0), hidden]) {
      expect(sameScene(scene(pane()), scene(other))).toBe(false);
    }
  });

  it("asks for the active pane first, and for overlays of another grid by themselves", () => {
    const coronal = changes.withOrientation(pane(), META, "coronal");
    const { views, layers } = demandOf([inputs(coronal, [mask, coarse]), inputs(changes.atIndex(pane(), META, 3))]);
    expect(layers.map((each) => each.layer)).toEqual([0, 1, 2]);
    expect(views.map(({ layers: shown, slice, stored }) => ({ shown, slice, stored }))).toEqual([
      { shown: [0, 1], slice: 10, stored: false },
      { shown: [2], slice: 5, stored: false },
      { shown: [0], slice: 3, stored: true },
    ]);
  });

  it("names the slices that a slab along the stack goes through", () => {
    const slab = changes.withSlab(pane(), { mode: "average", thickness: 9 });
    expect(demandOf([inputs(slab)]).views[0]?.span).toEqual([8, 12]);
    expect(demandOf([inputs(changes.withOrientation(slab, META, "coronal"))]).views[0]?.span).toBeUndefined();
  });

  it("refuses overlays that cannot lie on the image, with a reason", () => {
    const elsewhere = layer(layerMeta({ ...META, role: "overlay", origin: [9e3, 0, 0], type: "uint8" }), 3);
    const colored = layer(layerMeta({ ...META, role: "overlay", components: 3, type: "uint8" }), 4);
    const { fitting, refused } = overlaysFor(image, [image, mask, coarse, elsewhere, colored]);
    expect(fitting).toEqual([mask, coarse]);
    expect(refused.map(({ layer: { index } }) => index)).toEqual([3, 4]);
    const cut = overlaysFor(image, [mask, coarse], () => "There is no memory.");
    expect(cut.fitting).toEqual([mask]);
    expect(cut.refused[0]?.reason).toContain("There is no memory.");
  });
});

describe("values at a point", () => {
  const meta = layerMeta({ size: [4, 3, 2], levels: 1, level_sizes: [[4, 3]], type: "float32", codec: "deflate" });
  const image = layer(meta);
  for (const k of [0, 1]) {
    const pixels = Float32Array.from({ length: 12 }, (_, at) => (at % 4) + 10 * Math.floor(at / 4) + 100 * k);
    image.decoded(k, 0, pixels);
  }
  const value = (voxel: Vec3, how: "nearest" | "linear"): readonly number[] | undefined => sampleVoxel(image, voxel, 0, how)?.values;

  it("are trilinear between voxels, or those of the nearest one", () => {
    expect(value([1.25, 0.5, 0.5], "linear")![0]).toBeCloseTo(1.25 + 5 + 50, 6);
    expect(value([1.25, 0.6, 0.7], "nearest")).toEqual([1 + 10 + 100]);
  });

  it("are those of the edge up to half a voxel beyond the centers, and none beyond", () => {
    expect(value([-0.5, 0, 0], "linear")).toEqual([0]);
    expect(value([3.49, 2.49, 1.49], "linear")).toEqual([123]);
    expect(value([3.5, 0, 0], "linear")).toBeUndefined();
    expect(value([0, -0.51, 0], "nearest")).toBeUndefined();
  });

  it("do not need the next slice on a plane through voxel centers", () => {
    const alone = layer(meta);
    alone.decoded(0, 0, new Float32Array(12).fill(7));
    expect(sampleVoxel(alone, [1, 1, 1e-9], 0, "linear")).toEqual({ values: [7], exact: true });
    expect(sampleVoxel(alone, [1, 1, -1e-9], 0, "linear")).toEqual({ values: [7], exact: true });
    expect(sampleVoxel(alone, [1, 1, 0.5], 0, "linear")).toBeNull();
  });

  it("of a hole do not spread to the voxel beside it", () => {
    const holed = layer(meta);
    holed.decoded(0, 0, Float32Array.from({ length: 12 }, (_, at) => (at === 1 ? NaN : 5)));
    expect(sampleVoxel(holed, [0, 0, 0], 0, "linear")?.values).toEqual([5]);
  });

  it("of a preview are marked as such and lie where the full ones will", () => {
    const rough = layer();
    const pixels = Int16Array.from({ length: 16 * 12 }, (_, at) => 10 * (at % 16));
    rough.decoded(10, 0, pixels);
    expect(sampleVoxel(rough, [6, 0, 10], 0, "linear")).toEqual({ values: [15], exact: false });
  });
});
