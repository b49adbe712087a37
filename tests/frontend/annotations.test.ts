import { beforeEach, describe, expect, it, vi } from "vitest";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { voxelToWorld, worldToVoxel } from "../../viewer/frontend/src/core/geometry";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { LayerMeta, Vec3 } from "../../viewer/frontend/src/core/meta";
import { changedFields } from "../../viewer/frontend/src/state/annotation-sync";
import { type Annotation, Annotations } from "../../viewer/frontend/src/state/annotations";
import { Drawing, type Ground } from "../../viewer/frontend/src/state/drawing";
import { History } from "../../viewer/frontend/src/state/history";
import { cutOf, jumpedTo, marksIn } from "../../viewer/frontend/src/state/marks";
import * as changes from "../../viewer/frontend/src/state/pane-changes";
import { pixelFigures, samplesIn } from "../../viewer/frontend/src/state/readings";
import { emptyPane } from "../../viewer/frontend/src/state/workspace-state";
import { sliceRange } from "../../viewer/frontend/src/render/sections";
import { NEAR, hitAt } from "../../viewer/frontend/src/tools/hits";
import { piecesIn, shownHandles, shownPieces } from "../../viewer/frontend/src/tools/pieces";
import { toolNamed } from "../../viewer/frontend/src/tools/registry";
import type { EllipseValue, PolygonValue } from "../../viewer/frontend/src/tools/values";
import type { Cut } from "../../viewer/frontend/src/tools/tool";
import { layerMeta } from "./layers";

const META = layerMeta({ size: [64, 48, 20], spacing: [1, 1.5, 3], levels: 3, level_sizes: [[16, 12], [32, 24], [64, 48]] });
const FACING = { normal: [0, 0, -1], up: [0, -1, 0] } as const;
const GROUND: Ground = { pane: 0, image: META.image, timepoint: 0, facing: FACING };

function layerOf(meta: LayerMeta, index = 0): Layer {
  const slices = meta.size[2] * Math.max(1, meta.timepoints);
  const cuts = new Uint32Array(slices * meta.levels).map((_, at) => (at % meta.levels) * 100 + 100);
  return new Layer(index, meta, cuts, new Caches(budgetsFor(8)));
}

function desk() {
  const history = new History();
  const annotations = new Annotations(history);
  const drawing = new Drawing((drawn) => { annotations.draw(drawn); });
  return { history, annotations, drawing };
}

let { history, annotations, drawing } = desk();
beforeEach(() => { ({ history, annotations, drawing } = desk()); });

function at(i: number, j: number, k: number): Vec3 {
  return voxelToWorld(META, [i, j, k]);
}

function rectangle(k = 10): Annotation {
  drawing.place("rectangle", GROUND, at(10, 10, k));
  drawing.place("rectangle", GROUND, at(20, 20, k));
  return annotations.all.at(-1)!;
}

describe("drawing", () => {
  it("makes one of fixed places as soon as the last one is given", () => {
    drawing.place("angle", GROUND, at(1, 1, 3));
    drawing.place("angle", GROUND, at(5, 1, 3));
    expect(annotations.all).toHaveLength(0);
    drawing.hover(at(5, 5, 3));
    expect(drawing.outlook?.type).toBe("Three-point angle");
    drawing.place("angle", GROUND, at(5, 5, 3));
    expect(annotations.all).toMatchObject([{ tool: "angle", frame: { timepoint: 0, normal: FACING.normal } }]);
    expect(drawing.draft).toBeNull();
  });

  it("ends an outline when the reader says so, not before there is one", () => {
    const places = [at(1, 1, 3), at(9, 1, 3), at(9, 9, 3)];
    places.slice(0, 2).forEach((place) => { drawing.place("polygon", GROUND, place); });
    expect(drawing.finish()).toBe(false);
    drawing.place("polygon", GROUND, places[2]!);
    drawing.place("polygon", GROUND, places[2]!, true);
    expect(annotations.all[0]?.value).toMatchObject({ type: "Polygon", path_points: places, sub_type: "polygon" });
  });

  it("takes places back one by one", () => {
    drawing.place("polygon", GROUND, at(1, 1, 3));
    drawing.place("polygon", GROUND, at(9, 1, 3));
    drawing.back();
    expect(drawing.draft?.places).toHaveLength(1);
    drawing.back();
    expect(drawing.draft).toBeNull();
    expect(drawing.back()).toBe(false);
  });

  it("keeps a flat figure in the plane of its first place", () => {
    drawing.place("ellipse", GROUND, at(1, 1, 3));
    drawing.place("ellipse", GROUND, at(9, 9, 7));
    const value = annotations.all[0]!.value as EllipseValue;
    for (const point of [...value.major_axis, ...value.minor_axis]) expect(worldToVoxel(META, point)[2]).toBeCloseTo(3, 9);
  });

  it("lets a length go from slice to slice", () => {
    drawing.place("length", GROUND, at(1, 1, 3));
    drawing.place("length", GROUND, at(1, 1, 7));
    expect(toolNamed("length").figures(annotations.all[0]!.value)[0]?.value).toBeCloseTo(12, 9);
  });

  it("leaves out the tremor of a hand and keeps a long stroke within bounds", () => {
    for (let step = 0; step < 20_000; step += 1) drawing.stroke("freehand", GROUND, at(30 + 20 * Math.cos(step / 3000), 20 + 15 * Math.sin(step / 3000), 4));
    expect(drawing.finish()).toBe(true);
    const { path_points: points } = annotations.all[0]!.value as PolygonValue;
    expect(points.length).toBeGreaterThan(100);
    expect(points.length).toBeLessThanOrEqual(4000);
  });
});

describe("steps", () => {
  it("are undone and done again, to the same id", () => {
    const { id } = rectangle();
    annotations.change(id, { label: "A" });
    annotations.remove(id);
    expect(annotations.all).toEqual([]);
    history.undo();
    expect(annotations.get(id)?.label).toBe("A");
    history.undo();
    expect(annotations.get(id)?.label).toBe("");
    history.undo();
    expect(annotations.all).toEqual([]);
    history.redo();
    history.redo();
    expect(annotations.get(id)?.label).toBe("A");
    expect(history.next?.name).toBe("Annotation deleted");
  });

  it("are one for a whole drag, and none for a drag that comes to nothing", () => {
    const { id, value } = rectangle();
    const edits = vi.fn();
    annotations.on("edited", edits);
    for (const step of [1, 2, 3]) annotations.preview(id, toolNamed("rectangle").moved(value, 2, at(20 + step, 22, 10), FACING));
    expect(annotations.get(id)?.value).not.toEqual(value);
    annotations.settle();
    expect(edits).toHaveBeenCalledTimes(1);
    history.undo();
    expect(annotations.get(id)?.value).toEqual(value);
    annotations.preview(id, toolNamed("rectangle").moved(value, 2, at(30, 22, 10), FACING));
    annotations.abandon();
    expect(annotations.get(id)?.value).toEqual(value);
    annotations.preview(id, value);
    annotations.settle();
    expect(edits).toHaveBeenCalledTimes(2);
  });

  it("keep what is dragged when something else is taken hold of", () => {
    const [first, second] = [rectangle(), rectangle(11)];
    const moved = toolNamed("rectangle").moved(first.value, 0, at(2, 2, 10), FACING);
    annotations.preview(first.id, moved);
    annotations.preview(second.id, second.value);
    expect(annotations.get(first.id)?.value).toEqual(moved);
  });

  it("leave the marks of others alone, which can be copied", () => {
    const own = rectangle();
    annotations.load([{ ...own, author: "ben", mine: false, editable: false, saving: "saved" }]);
    annotations.change(own.id, { label: "Mine" });
    annotations.remove(own.id);
    expect(annotations.all).toMatchObject([{ label: "", author: "ben" }]);
    const copy = annotations.copy(own.id)!;
    expect(copy).toMatchObject({ mine: true, editable: true, value: own.value });
    expect(copy.id).not.toBe(own.id);
  });

  it("go through the list in order, past hidden ones", () => {
    const [a, b, c] = [rectangle(1), rectangle(2), rectangle(3)];
    annotations.show(b.id, false);
    annotations.select(a.id);
    expect(annotations.selectNext(1)?.id).toBe(c.id);
    expect(annotations.selectNext(1)?.id).toBe(a.id);
    expect(annotations.selectNext(-1)?.id).toBe(c.id);
  });
});

describe("questions", () => {
  it("get the marks that fit, one or many, and none that belong to nobody", () => {
    const told: string[] = [];
    annotations.on("answer", ({ question, how }) => { told.push(`${question} ${how}`); });
    const edits = vi.fn();
    annotations.ask({ id: "many", kind: "M2DB", label: "Every nodule", color: "#00ff00" });
    rectangle(1);
    rectangle(2);
    drawing.place("point", GROUND, at(1, 1, 1));
    expect(annotations.answer({ id: "many", kind: "M2DB" })).toMatchObject({ type: "Multiple 2D bounding boxes", boxes: [{}, {}] });
    expect(annotations.all.map(({ question, color }) => [question, color])).toEqual([["many", "#00ff00"], ["many", "#00ff00"], [null, annotations.color]]);
    annotations.ask({ id: "one", kind: "2DBB", label: "The largest" });
    annotations.on("edited", edits);
    rectangle(3);
    const last = rectangle(4);
    expect(annotations.marksOf("one").map(({ id }) => id)).toEqual([last.id]);
    history.undo();
    expect(annotations.answer({ id: "one", kind: "2DBB" })).toMatchObject({ type: "2D bounding box" });
    expect(annotations.marksOf("one")).not.toContainEqual(expect.objectContaining({ id: last.id }));
    expect(told).toEqual(["many drawn", "many drawn", "one drawn", "one drawn", "one undone"]);
    for (const [{ before, after }] of edits.mock.calls as [{ before: Annotation | null; after: Annotation | null }][]) {
      expect(changedFields(before, after, false)).toBeNull();
    }
  });
});

describe("a plane", () => {
  const cut: Cut = { facing: FACING, point: at(0, 0, 10), reach: 1.5 };

  it("shows what lies in its slice, and nothing of the next one", () => {
    const tool = toolNamed("rectangle");
    expect(shownPieces(tool, rectangle(10).value, cut)).toMatchObject([{ closed: true, whole: true }]);
    expect(shownPieces(tool, rectangle(11).value, cut)).toEqual([]);
    expect(shownHandles(tool, rectangle(11).value, cut)).toEqual([null, null, null, null]);
  });

  it("shows the part of a line that goes through it", () => {
    const [piece] = piecesIn({ points: [at(5, 5, 0), at(5, 5, 19)], closed: false }, cut);
    expect(piece).toMatchObject({ closed: false, whole: false });
    const [from, to] = piece!.points.map((point) => worldToVoxel(META, point)[2]);
    expect(from).toBeCloseTo(9.5, 3);
    expect(to).toBeCloseTo(10.5, 3);
  });

  it("shows both sides of an outline that stands on it", () => {
    const standing = { points: [at(5, 5, 5), at(30, 5, 5), at(30, 5, 15), at(5, 5, 15)], closed: true };
    expect(piecesIn(standing, cut)).toHaveLength(2);
    const crossing = piecesIn({ points: [at(5, 5, 5), at(30, 5, 10), at(5, 5, 15)], closed: true }, cut);
    expect(crossing[0]!.points.length).toBe(3);
  });
});

describe("a pane", () => {
  const layer = layerOf(META);
  const pane = changes.opened(emptyPane(0), 0, META);

  it("shows marks of its own image in its own slice", () => {
    const { id } = rectangle(10);
    rectangle(3);
    drawing.place("point-3d", GROUND, at(4, 4, 11));
    const marks = marksIn(pane, layer, annotations, [layer]);
    expect(marks.map(({ annotation, beside }) => [annotation.tool, beside])).toEqual([["rectangle", false], ["point-3d", true]]);
    annotations.show(id, false);
    expect(marksIn(pane, layer, annotations, [layer])).toHaveLength(1);
    const elsewhere = layerOf(layerMeta({ image: "other", origin: [5000, 0, 0] }), 1);
    expect(marksIn(changes.opened(emptyPane(0), 1, elsewhere.meta), elsewhere, annotations, [layer, elsewhere])).toEqual([]);
  });

  it("of a film shows only marks of its time", () => {
    const film = layerOf({ ...META, timepoints: 4 });
    rectangle(10);
    const state = changes.opened(emptyPane(0), 0, film.meta);
    expect(marksIn(state, film, annotations, [film])).toHaveLength(1);
    expect(marksIn(changes.atTimepoint(state, film.meta, 2), film, annotations, [film])).toEqual([]);
  });

  it("jumps to the slice, and to the plane, of a mark", () => {
    const there = jumpedTo(pane, META, rectangle(3), true);
    expect(sliceRange(META, there.orientation, there.facing, there.focus).index).toBe(3);
    const coronal = changes.withOrientation(pane, META, "coronal");
    const back = jumpedTo(coronal, META, rectangle(3), true);
    expect(back.orientation).toBe("stored");
    const tilted = { ...rectangle(3), frame: { timepoint: 0, normal: [0.6, 0, 0.8] as Vec3, up: [0, -1, 0] as Vec3 } };
    expect(jumpedTo(pane, META, tilted, true).orientation).toBe("oblique");
    expect(jumpedTo(pane, META, tilted, false).orientation).toBe("stored");
  });

  it("counts half a slice to each side, and its slab", () => {
    expect(cutOf(pane, META).reach).toBeCloseTo(1.5, 9);
    expect(cutOf(changes.withSlab(pane, { mode: "mip", thickness: 20 }), META).reach).toBe(10);
  });
});

describe("a pointer", () => {
  const shapes = [
    { id: "a", handles: [[10, 10], null, [50, 10]] as const, lines: [{ points: [[10, 10], [50, 10]] as const, closed: false }] },
    { id: "b", handles: [], lines: [{ points: [[10, 40], [50, 40], [30, 60]] as const, closed: true }] },
  ];

  it("finds handles before lines, and nothing in the void", () => {
    expect(hitAt(shapes, [12, 11], NEAR.mouse)).toEqual({ id: "a", handle: 0 });
    expect(hitAt(shapes, [30, 12], NEAR.mouse)).toEqual({ id: "a", handle: null });
    expect(hitAt(shapes, [21, 50], NEAR.mouse)).toEqual({ id: "b", handle: null });
    expect(hitAt(shapes, [30, 25], NEAR.mouse)).toBeNull();
  });

  it("gives fingers more room", () => {
    expect(hitAt(shapes, [30, 24], NEAR.touch)).toMatchObject({ id: "a" });
    expect(hitAt(shapes, [24, 18], NEAR.touch)).toEqual({ id: "a", handle: 0 });
  });
});

describe("pixels under a mark", () => {
  const layer = layerOf(META);
  const slice = layer.sliceAt(10, 0);
  const pixels = Int16Array.from({ length: 64 * 48 }, (_, index) => (index % 64) + 100 * Math.floor(index / 64));
  layer.store.put(slice, { level: layer.full, width: 64, height: 48, stride: 1, pixels });

  it("are those whose centers lie inside", () => {
    drawing.place("rectangle", GROUND, at(9.5, 9.5, 10));
    drawing.place("rectangle", GROUND, at(12.5, 11.5, 10));
    const { tool, value } = annotations.all[0]!;
    const region = toolNamed(tool).region!(value);
    expect(samplesIn(layer, region).map(([i, j]) => [i, j])).toEqual([[10, 10], [11, 10], [12, 10], [10, 11], [11, 11], [12, 11]]);
    const figures = Object.fromEntries(pixelFigures(tool, value, layer, 0).map(({ name, value: number }) => [name, number]));
    expect(figures).toMatchObject({ Mean: 1061, Minimum: 1010, Maximum: 1112 });
    expect(figures.Deviation).toBeCloseTo(Math.sqrt(2500 + 2 / 3), 9);
  });

  it("are told by the probe alone of the points", () => {
    drawing.place("probe", GROUND, at(20, 3, 10));
    drawing.place("point", GROUND, at(20, 3, 10));
    const [probe, point] = annotations.all;
    expect(pixelFigures("probe", probe!.value, layer, 0)).toEqual([{ name: "Value", value: 320, unit: "HU", exact: true }]);
    expect(pixelFigures("point", point!.value, layer, 0)).toEqual([]);
  });
});
