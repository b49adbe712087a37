import { describe, expect, it, vi } from "vitest";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { voxelToWorld } from "../../viewer/frontend/src/core/geometry";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { MaskLayer } from "../../viewer/frontend/src/core/masks/layer";
import { BadSlice, packSlice, unpackSlice } from "../../viewer/frontend/src/core/masks/slice-codec";
import type { MaskTool } from "../../viewer/frontend/src/core/masks/tools";
import type { LayerMeta, Vec3 } from "../../viewer/frontend/src/core/meta";
import { overlayKind } from "../../viewer/frontend/src/render/overlay-colors";
import { worldToScreen } from "../../viewer/frontend/src/render/camera";
import { History } from "../../viewer/frontend/src/state/history";
import { MaskHand } from "../../viewer/frontend/src/state/mask-hand";
import type { MaskPane } from "../../viewer/frontend/src/state/mask-plane";
import { type Mask, type MaskEdit, Masks } from "../../viewer/frontend/src/state/masks";
import { atIndex, opened, withOrientation, withPlane } from "../../viewer/frontend/src/state/pane-changes";
import { cameraFor } from "../../viewer/frontend/src/state/scenes";
import { type PaneState, emptyPane } from "../../viewer/frontend/src/state/workspace-state";
import { layerMeta } from "./layers";

const SIZE: Vec3 = [24, 20, 6];
const SCREEN = { width: 480, height: 400 };
const META = layerMeta({ size: SIZE, spacing: [1, 1, 3], levels: 1, level_sizes: [[24, 20]], origin: [0, 0, 0] });

/** An image whose value is 10 times the column, everywhere. */
function imageLayer(changes: Partial<LayerMeta> = {}, loaded = true): Layer {
  const meta = { ...META, ...changes };
  const layer = new Layer(0, meta, new Uint32Array(meta.size[2]), new Caches(budgetsFor(8)));
  for (let k = 0; loaded && k < meta.size[2]; k += 1) {
    const pixels = Int16Array.from({ length: 24 * 20 }, (_, at) => (at % 24) * 10);
    layer.store.put(k, { level: 0, width: 24, height: 20, stride: 1, pixels });
  }
  return layer;
}

function setUp(image = imageLayer()) {
  const layers: MaskLayer[] = [];
  const shown: number[][] = [];
  const masks = new Masks(new History(), {
    join: (make) => {
      const layer = make(layers.length + 1);
      layers.push(layer);
      return layer;
    },
    edited: (_layer, slices) => { shown.push([...slices]); },
    changed: () => undefined,
  });
  const edits: MaskEdit[] = [];
  const notices: string[] = [];
  masks.on("edited", (edit) => edits.push(edit));
  masks.on("notice", (notice) => notices.push(notice));
  masks.fit(image, { center: 100, width: 100 });
  masks.set({ radius: 1.2, tolerance: 25 });
  const hand = new MaskHand(masks);
  const state = opened(emptyPane(0), 0, image.meta);
  return { masks, hand, image, layers, shown, edits, notices, pane: paneOf(image, atIndex(state, image.meta, 2)) };
}

function paneOf(layer: Layer, state: PaneState): MaskPane {
  return { layer, state, size: SCREEN, camera: cameraFor(state, layer.meta, SCREEN) };
}

/** The point of the screen over a voxel. */
function over(pane: MaskPane, voxel: Vec3): readonly [number, number] {
  return worldToScreen(pane.camera!, SCREEN, voxelToWorld(pane.layer!.meta, voxel));
}

function stroke(hand: MaskHand, tool: MaskTool, pane: MaskPane, ...voxels: Vec3[]): void {
  const [first, ...rest] = voxels.map((voxel) => over(pane, voxel));
  hand.start(tool, pane, first!);
  hand.move(rest);
  hand.finish();
}

function labeled(mask: Mask, label = 1): Vec3[] {
  const found: Vec3[] = [];
  const [width, height, depth] = mask.map.size;
  for (let k = 0; k < depth; k += 1) for (let j = 0; j < height; j += 1) for (let i = 0; i < width; i += 1) {
    if (mask.map.at(i, j, k) === label) found.push([i, j, k]);
  }
  return found;
}

describe("brushes", () => {
  it("make a mask and paint the slice that is shown, as one step", () => {
    const { masks, hand, image, pane, edits } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2], [8, 5, 2]);
    const mask = masks.activeFor(image)!;
    expect(labeled(mask)).toEqual([
      [5, 4, 2], [6, 4, 2], [7, 4, 2], [8, 4, 2],
      [4, 5, 2], [5, 5, 2], [6, 5, 2], [7, 5, 2], [8, 5, 2], [9, 5, 2],
      [5, 6, 2], [6, 6, 2], [7, 6, 2], [8, 6, 2],
    ]);
    expect(edits.map(({ slices, described }) => [slices, described])).toEqual([[[], true], [[2], false]]);
    masks.history.undo();
    expect(labeled(mask)).toEqual([]);
    masks.history.redo();
    expect(mask.map.count(1)).toBe(14);
    expect(mask.volume(1)).toBeCloseTo((14 * 3) / 1000, 9);
  });

  it("lose nothing between two points, however fast the hand is", () => {
    const slow = setUp();
    const fast = setUp();
    slow.masks.set({ radius: 0.4 });
    fast.masks.set({ radius: 0.4 });
    stroke(slow.hand, "brush", slow.pane, ...Array.from({ length: 20 }, (_, n): Vec3 => [2 + n, 3, 2]));
    stroke(fast.hand, "brush", fast.pane, [2, 3, 2], [21, 3, 2]);
    expect(labeled(fast.masks.all[0]!)).toEqual(labeled(slow.masks.all[0]!));
    expect(fast.masks.all[0]!.map.count(1)).toBe(20);
  });

  it("are saved while a stroke goes on, which stays one step", () => {
    vi.useFakeTimers();
    const { masks, hand, pane, edits, image } = setUp();
    hand.start("brush", pane, over(pane, [5, 5, 2]));
    expect(edits.map(({ slices }) => slices)).toEqual([[]]);
    vi.advanceTimersByTime(2000);
    expect(edits.at(-1)).toMatchObject({ slices: [2], described: false });
    expect(masks.history.last).toBeUndefined();
    hand.move([over(pane, [8, 5, 2])]);
    hand.finish();
    masks.history.undo();
    expect([masks.activeFor(image)!.map.count(1), masks.history.last]).toEqual([0, undefined]);
    // What was saved of a stroke that is given up is taken back there, too.
    hand.start("brush", pane, over(pane, [5, 5, 2]));
    vi.advanceTimersByTime(2000);
    const before = edits.length;
    hand.cancel();
    expect(edits.slice(before).map(({ slices }) => slices)).toEqual([[2]]);
    vi.useRealTimers();
  });

  it("keep what the reader set before the first stroke, and suit the image in the rest", () => {
    const fresh = new Masks(new History(), { join: (make) => make(1), edited: () => undefined, changed: () => undefined });
    fresh.set({ radius: 3 });
    fresh.fit(imageLayer(), { center: 100, width: 100 });
    expect(fresh.settings).toMatchObject({ radius: 3, range: [100, 150], tolerance: 15 });
  });

  it("begin with the brush that a configuration asks for", () => {
    const host = { join: (make: (index: number) => MaskLayer) => make(1), edited: () => undefined, changed: () => undefined };
    const fresh = new Masks(new History(), host, 2.25);
    fresh.fit(imageLayer(), { center: 100, width: 100 });
    expect(fresh.settings).toMatchObject({ radius: 2.25, tolerance: 15 });
  });

  it("paint a ball through the slices when told to", () => {
    const { masks, hand, pane } = setUp();
    masks.set({ ball: true, radius: 3.1 });
    stroke(hand, "brush", pane, [10, 10, 2]);
    const mask = masks.all[0]!;
    expect([1, 2, 3].map((k) => labeled(mask).filter((voxel) => voxel[2] === k).length)).toEqual([1, 29, 1]);
  });

  it.each(["coronal", "sagittal"] as const)("paint the %s plane", (orientation) => {
    const { masks, hand, image } = setUp();
    const state = withOrientation(opened(emptyPane(0), 0, image.meta), image.meta, orientation);
    const pane = paneOf(image, state);
    stroke(hand, "brush", pane, [12, 10, 3]);
    const axis = orientation === "coronal" ? 1 : 0;
    const voxels = labeled(masks.all[0]!);
    expect(voxels.length).toBe(3);
    expect(new Set(voxels.map((voxel) => voxel[axis])).size).toBe(1);
    expect(new Set(voxels.map((voxel) => voxel[2]))).toEqual(new Set([3]));
  });

  it("paint what is nearest to an oblique plane", () => {
    const { masks, hand, image } = setUp();
    const state = opened(emptyPane(0), 0, image.meta);
    const pane = paneOf(image, withPlane(state, image.meta, { normal: [0.6, 0, -0.8], up: [0, -1, 0] }, voxelToWorld(image.meta, [12, 10, 3])));
    masks.set({ radius: 6 });
    stroke(hand, "brush", pane, [12, 10, 3]);
    const voxels = labeled(masks.all[0]!);
    const heights = voxels.map(([i, , k]) => (i - 12) * 0.6 - (k - 3) * 3 * 0.8);
    expect(voxels.length).toBeGreaterThan(20);
    expect(Math.max(...heights.map(Math.abs))).toBeLessThanOrEqual(Math.hypot(0.6, 2.4) / 2 + 1e-9);
  });

  it("erase, and leave locked segments alone", () => {
    const { masks, hand, pane, notices } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2], [15, 5, 2]);
    const mask = masks.all[0]!;
    masks.addSegment(mask);
    stroke(hand, "brush", pane, [10, 5, 2]);
    expect(mask.map.count(2)).toBe(5);
    masks.setSegment(mask, 2, { locked: true });
    stroke(hand, "eraser", pane, [3, 5, 2], [17, 5, 2]);
    expect([mask.map.count(1), mask.map.count(2)]).toEqual([0, 5]);
    stroke(hand, "brush", pane, [3, 3, 2]);
    expect(notices).toEqual(["“Segment 2” is locked. Unlock it in the panel of masks to change it."]);
  });

  it("paint over nothing that is labeled when told to", () => {
    const { masks, hand, pane } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2], [15, 5, 2]);
    const mask = masks.all[0]!;
    const before = mask.map.count(1);
    masks.addSegment(mask);
    masks.set({ over: "background", radius: 3 });
    stroke(hand, "brush", pane, [10, 5, 2]);
    expect(mask.map.count(1)).toBe(before);
    expect(mask.map.count(2)).toBeGreaterThan(5);
  });

  it("by threshold paint values in the range only", () => {
    const { masks, hand, pane } = setUp();
    masks.set({ radius: 4, range: [100, 120] });
    stroke(hand, "threshold-brush", pane, [11, 10, 2]);
    const columns = new Set(labeled(masks.all[0]!).map(([i]) => i));
    expect([...columns].sort((a, b) => a - b)).toEqual([10, 11, 12]);
  });

  it("by threshold say that slices are missing", () => {
    const { masks, hand, pane, notices } = setUp(imageLayer({}, false));
    stroke(hand, "threshold-brush", pane, [11, 10, 2]);
    expect(masks.all[0]!.map.labels).toEqual([]);
    expect(notices[0]).toMatch(/still being loaded/);
  });

  it("take an unfinished stroke back", () => {
    const { masks, hand, pane } = setUp();
    hand.start("brush", pane, over(pane, [5, 5, 2]));
    hand.move([over(pane, [9, 5, 2])]);
    expect(masks.all[0]!.map.count(1)).toBeGreaterThan(5);
    expect(hand.cancel()).toBe(true);
    expect(masks.all[0]!.map.count(1)).toBe(0);
    expect(masks.history.last).toBeUndefined();
    expect(hand.cancel()).toBe(false);
  });

  it("refuse slabs, where nobody sees what is painted", () => {
    const { masks, hand, pane, notices } = setUp();
    const slab = { ...pane, state: { ...pane.state, slab: { mode: "mip", thickness: 10 } as const } };
    stroke(hand, "brush", slab, [5, 5, 2]);
    expect(masks.all).toEqual([]);
    expect(notices[0]).toMatch(/single plane/);
  });
});

describe("scissors", () => {
  it("fill an outline in the slice or through the volume", () => {
    const { masks, hand, pane } = setUp();
    stroke(hand, "rectangle-scissors", pane, [4.6, 3.6, 2], [7.4, 5.4, 2]);
    const mask = masks.all[0]!;
    expect(labeled(mask)).toEqual([[5, 4, 2], [6, 4, 2], [7, 4, 2], [5, 5, 2], [6, 5, 2], [7, 5, 2]]);
    masks.set({ depth: "volume" });
    stroke(hand, "rectangle-scissors", pane, [4.6, 3.6, 2], [7.4, 5.4, 2]);
    expect(mask.map.count(1)).toBe(36);
  });

  it("erase inside and outside", () => {
    const { masks, hand, pane } = setUp();
    masks.set({ depth: "volume" });
    stroke(hand, "rectangle-scissors", pane, [1.5, 1.5, 2], [10.5, 10.5, 2]);
    const mask = masks.all[0]!;
    masks.set({ cut: "erase outside" });
    stroke(hand, "circle-scissors", pane, [6, 6, 2], [8.5, 6, 2]);
    expect(mask.map.count(1)).toBe(21 * 6);
    masks.set({ cut: "erase inside", depth: "plane" });
    stroke(hand, "scissors", pane, [0, 0, 2], [20, 0, 2], [20, 19, 2], [0, 19, 2]);
    expect(mask.map.count(1)).toBe(21 * 5);
    masks.history.undo();
    masks.history.undo();
    expect(mask.map.count(1)).toBe(81 * 6);
  });

  it("tell where the outline is while it is drawn", () => {
    const { hand, pane } = setUp();
    const told: number[] = [];
    hand.on("outline", (points) => told.push(points?.length ?? 0));
    stroke(hand, "rectangle-scissors", pane, [4, 4, 2], [6, 6, 2]);
    stroke(hand, "scissors", pane, [4, 4, 2], [6, 6, 2], [4, 6, 2]);
    expect(told).toEqual([4, 0, 3, 0]);
  });

  it("take a click for a slip of the hand", () => {
    const { masks, hand, pane } = setUp();
    stroke(hand, "circle-scissors", pane, [4, 4, 2]);
    expect(masks.history.last).toBeUndefined();
  });
});

describe("filling and growing", () => {
  it("fills what an outline encloses, and refuses what is open", async () => {
    const { masks, hand, pane, notices } = setUp();
    masks.set({ radius: 0.4 });
    stroke(hand, "brush", pane, [4, 4, 2], [9, 4, 2], [9, 9, 2], [4, 9, 2], [4, 4, 2]);
    const mask = masks.all[0]!;
    expect(mask.map.count(1)).toBe(20);
    stroke(hand, "fill", pane, [6, 6, 2]);
    await settled(hand);
    expect(mask.map.count(1)).toBe(36);
    stroke(hand, "fill", pane, [15, 15, 2]);
    await settled(hand);
    expect(mask.map.count(1)).toBe(36);
    expect(notices).toEqual([expect.stringMatching(/open to the edge/)]);
  });

  it("grows over similar values, in the slice or the volume, within a distance", async () => {
    const { masks, hand, pane } = setUp();
    stroke(hand, "grow", pane, [10, 10, 2]);
    await settled(hand);
    const mask = masks.all[0]!;
    expect(mask.map.count(1)).toBe(5 * 20);
    masks.history.undo();
    masks.set({ depth: "volume" });
    stroke(hand, "grow", pane, [10, 10, 2]);
    await settled(hand);
    expect(mask.map.count(1)).toBe(5 * 20 * 6);
    masks.history.undo();
    masks.set({ within: 2.1 });
    stroke(hand, "grow", pane, [10, 10, 2]);
    await settled(hand);
    expect(mask.map.count(1)).toBe(13);
  });

  it("interpolates between drawn slices", async () => {
    const { masks, hand, image, pane, notices } = setUp();
    const at = (k: number): MaskPane => paneOf(image, atIndex(pane.state, image.meta, k));
    stroke(hand, "brush", at(1), [10, 10, 1]);
    stroke(hand, "brush", at(4), [10, 10, 4]);
    const mask = masks.all[0]!;
    await hand.interpolate(pane);
    expect([1, 2, 3, 4].map((k) => labeled(mask).filter((voxel) => voxel[2] === k).length)).toEqual([5, 5, 5, 5]);
    await hand.interpolate(pane);
    expect(notices).toEqual([expect.stringMatching(/no gap/)]);
    masks.history.undo();
    expect(mask.map.count(1)).toBe(10);
  });

  async function settled(hand: MaskHand): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(hand.busy).toBe(false);
  }
});

describe("masks and segments", () => {
  it("are added, renamed and deleted with their voxels, each taken back in one step", () => {
    const { masks, hand, image, pane } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2]);
    const mask = masks.activeFor(image)!;
    masks.setSegment(mask, 1, { name: "Tumor", color: "#ff0000" });
    masks.addSegment(mask);
    masks.removeSegment(mask, 1);
    expect([mask.segments.map(({ name }) => name), mask.map.count(1)]).toEqual([["Segment 2"], 0]);
    masks.history.undo();
    expect([mask.segments.map(({ name }) => name), mask.map.count(1)]).toEqual([["Tumor", "Segment 2"], 5]);
    masks.history.undo();
    masks.history.undo();
    expect(mask.segments).toMatchObject([{ name: "Segment 1" }]);
    expect(mask.layer.meta.segments).toMatchObject([{ value: 1, name: "Segment 1" }]);
    expect(overlayKind(mask.layer.meta)).toBe("labels");
    masks.remove(mask);
    expect(masks.activeFor(image)).toBeNull();
    masks.history.undo();
    expect(masks.activeFor(image)).toBe(mask);
  });

  it("hide and lock without a step and without saving", () => {
    const { masks, image, edits } = setUp();
    const mask = masks.create(image);
    const before = edits.length;
    masks.setSegment(mask, 1, { visible: false });
    masks.setSegment(mask, 1, { locked: true });
    expect([...mask.layer.hidden]).toEqual([1]);
    expect([edits.length, masks.history.last]).toEqual([before, undefined]);
  });

  it("keep what is being drawn when slices come from elsewhere", () => {
    const { masks, hand, image, pane } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2]);
    const mask = masks.activeFor(image)!;
    hand.start("brush", pane, over(pane, [9, 9, 2]));
    masks.whenIdle(() => { masks.receive(mask, new Map([[2, new Uint8Array(480).fill(1, 0, 7)]])); });
    expect(mask.map.count(1)).toBe(10);
    hand.finish();
    expect(mask.map.count(1)).toBe(7);
    masks.history.undo();
    expect([mask.map.count(1), masks.history.last]).toEqual([7, undefined]);
  });

  it("tell the renderer that nothing has to be loaded", () => {
    const { masks, hand, image, pane, layers } = setUp();
    stroke(hand, "brush", pane, [5, 5, 2]);
    const layer = masks.activeFor(image)!.layer;
    expect(layers).toEqual([layer]);
    expect([layer.level(3), layer.full, layer.volumeRefusal(), layer.footprint().slices]).toEqual([0, 0, null, 0]);
    const slice = layer.store.best(2)!;
    expect([slice.level, slice.stride, slice.pixels[5 * 24 + 5]]).toEqual([0, 1, 1]);
    expect([layer.sliceVersion(2), layer.sliceVersion(1)]).toEqual([1, 0]);
  });
});

describe("slices on the wire", () => {
  it("come back as they were, and nothing is nothing", async () => {
    const labels = Uint8Array.from({ length: 480 }, (_, at) => (at % 7 === 0 ? 3 : 0));
    expect(await unpackSlice(await packSlice(labels), "uint8", 480)).toEqual(labels);
    const wide = Uint16Array.from({ length: 480 }, (_, at) => at * 100);
    expect(await unpackSlice(await packSlice(wide), "uint16", 480)).toEqual(wide);
    expect(await packSlice(new Uint8Array(480))).toBe("");
    expect(await unpackSlice("", "uint8", 480)).toEqual(new Uint8Array(480));
  });

  it("are refused when they are damaged, or of another size", async () => {
    const data = await packSlice(new Uint8Array(480).fill(1));
    await expect(unpackSlice(data, "uint8", 479)).rejects.toThrow(BadSlice);
    await expect(unpackSlice(data, "uint8", 481)).rejects.toThrow(BadSlice);
    await expect(unpackSlice("AAAA", "uint8", 480)).rejects.toThrow(BadSlice);
    await expect(unpackSlice("%", "uint8", 480)).rejects.toThrow(BadSlice);
  });
});
