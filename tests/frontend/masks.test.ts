import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Axis, Geometry } from "../../viewer/frontend/src/core/geometry";
import { signedDistance } from "../../viewer/frontend/src/core/masks/distance";
import { Edit, permitOf, redoChange, undoChange } from "../../viewer/frontend/src/core/masks/edit";
import { forEachGrown, grow, growing } from "../../viewer/frontend/src/core/masks/grow";
import { gapsOf, interpolating, writeRuns } from "../../viewer/frontend/src/core/masks/interpolate";
import { LabelMap } from "../../viewer/frontend/src/core/masks/label-map";
import {
  type Frame,
  type PlanePoint,
  type Reach,
  type Region,
  capsule,
  everything,
  forEachOnWay,
  forEachRun,
  prism,
} from "../../viewer/frontend/src/core/masks/region";
import { readSheet, writeRow } from "../../viewer/frontend/src/core/masks/sheet";
import type { Vec3 } from "../../viewer/frontend/src/core/meta";

interface Vectors {
  capsules: { grid: Geometry; reach: Reach; from: Vec3; to: Vec3; radius: number; mask: string }[];
  prisms: { grid: Geometry; reach: Reach; frame: Frame; polygon: PlanePoint[]; mask: string }[];
  growths: {
    grid: Geometry;
    values: string;
    seed: Vec3;
    range: [number, number];
    ball: { center: Vec3; radius: number } | null;
    reach: Reach;
    mask: string;
  }[];
  interpolations: { size: Vec3; spacing: Vec3; drawn: string; mask: string }[];
  distances: { size: [number, number]; step: [number, number]; shape: string; signed: number[] }[];
}

const VECTORS = JSON.parse(readFileSync(new URL("fixtures/masks.json", import.meta.url), "utf8")) as Vectors;
const FREE = permitOf({ highest: 255, locked: new Set() });

function unpacked(text: string, length: number): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  return Uint8Array.from({ length }, (_, at) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1);
}

function voxels([i, j, k]: Vec3): number {
  return i * j * k;
}

/** All labels, x fastest. */
function flat(map: LabelMap): Uint8Array {
  const out = new Uint8Array(voxels(map.size));
  for (let k = 0; k < map.size[2]; k += 1) out.set(map.slice(k), k * map.sliceLength);
  return out;
}

function painted(size: Vec3, region: Region): Uint8Array {
  const map = new LabelMap(size);
  const edit = new Edit(map, FREE);
  forEachRun(region, size[0], (k, from, to) => { edit.run(k, from, to, 1); });
  return flat(map);
}

describe("regions", () => {
  it.each(VECTORS.capsules)("strokes cover what is near enough: $reach.kind", ({ grid, reach, mask, ...way }) => {
    expect(painted(grid.size, capsule(grid, way, reach))).toEqual(unpacked(mask, voxels(grid.size)));
  });

  it.each(VECTORS.prisms)("scissors cut what is inside: $reach.kind", ({ grid, reach, frame, polygon, mask }) => {
    expect(painted(grid.size, prism(grid, frame, polygon, reach))).toEqual(unpacked(mask, voxels(grid.size)));
  });

  it("is empty beside the grid", () => {
    const { grid } = VECTORS.capsules[0]!;
    const far = capsule(grid, { from: [900, 0, 0], to: [900, 1, 0], radius: 5 }, { kind: "all" });
    expect(painted(grid.size, far)).not.toContain(1);
    const beyond = capsule(grid, { from: [0, 31, 7], to: [0, 32, 7], radius: 50 }, { kind: "slice", axis: 2, index: 99 });
    expect(painted(grid.size, beyond)).not.toContain(1);
  });

  it("reaches everything, or one slice", () => {
    const { grid } = VECTORS.capsules[0]!;
    expect(painted(grid.size, everything(grid, { kind: "all" }))).not.toContain(0);
    const one = painted(grid.size, everything(grid, { kind: "slice", axis: 1, index: 3 }));
    expect(one.reduce((sum, value) => sum + value, 0)).toBe(grid.size[0] * grid.size[2]);
  });

  it("paints the nearest voxel with a brush finer than a voxel, and no holes between two of them", () => {
    const grid: Geometry = { size: [9, 9, 1], spacing: [2, 2, 2], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
    const seen: number[] = [];
    forEachOnWay(grid, { from: [0.9, 2.2, 0], to: [14.2, 2.2, 0] }, { kind: "slice", axis: 2, index: 0 }, (_k, from) => seen.push(from));
    expect(seen).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  });
});

describe("edits", () => {
  const size: Vec3 = [8, 6, 4];

  function noisy(steps: number): { map: LabelMap; edits: Edit[]; pictures: Uint8Array[] } {
    const map = new LabelMap(size);
    const edits: Edit[] = [];
    const pictures = [flat(map)];
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let step = 0; step < steps; step += 1) {
      const edit = new Edit(map, FREE);
      for (let run = 0; run < 5; run += 1) {
        const from = next(48);
        edit.run(next(4), from, Math.min(48, from + 1 + next(20)), next(4));
      }
      edits.push(edit);
      pictures.push(flat(map));
    }
    return { map, edits, pictures };
  }

  it("are undone and done again voxel for voxel", () => {
    const { map, edits, pictures } = noisy(40);
    const changes = edits.map((edit) => edit.finish());
    for (let step = changes.length - 1; step >= 0; step -= 1) {
      const change = changes[step];
      if (change) undoChange(map, change);
      expect(flat(map)).toEqual(pictures[step]);
    }
    changes.forEach((change, step) => {
      if (change) redoChange(map, change);
      expect(flat(map)).toEqual(pictures[step + 1]);
    });
    const counted = [1, 2, 3].map((label) => flat(map).filter((value) => value === label).length);
    expect([1, 2, 3].map((label) => map.count(label))).toEqual(counted);
  });

  it("tell which slices have news once, and which differ in the end", () => {
    const edit = new Edit(new LabelMap(size), FREE);
    edit.run(3, 0, 5, 1);
    edit.run(1, 2, 3, 1);
    expect([...edit.takeTouched()]).toEqual([3, 1]);
    edit.run(1, 0, 9, 1);
    expect([...edit.takeTouched()]).toEqual([1]);
    expect(edit.finish()?.slices).toEqual([1, 3]);
  });

  it("take one run for what is written at once", () => {
    const edit = new Edit(new LabelMap(size), FREE);
    edit.run(0, 0, 20, 1);
    edit.run(0, 20, 40, 1);
    edit.run(0, 5, 30, 1);
    expect(edit.finish()?.runs.length).toBe(4);
  });

  it("leave locked labels alone, and write over nothing else than what is permitted", () => {
    const map = new LabelMap(size);
    const free = new Edit(map, FREE);
    free.run(0, 0, 10, 1);
    free.run(0, 10, 20, 2);
    new Edit(map, permitOf({ highest: 255, locked: new Set([1]) })).run(0, 0, 30, 3);
    expect([map.count(1), map.count(2), map.count(3)]).toEqual([10, 0, 20]);
    new Edit(map, permitOf({ highest: 255, locked: new Set(), only: new Set([0]) })).run(0, 0, 48, 4);
    expect([map.count(1), map.count(3), map.count(4)]).toEqual([10, 20, 18]);
    const nothing = new Edit(map, permitOf({ highest: 255, locked: new Set(), only: new Set() }));
    nothing.run(0, 0, 48, 5);
    expect(nothing.finish()).toBeNull();
  });

  it("hold labels of sixteen bits", () => {
    const map = new LabelMap(size, "uint16");
    const edit = new Edit(map, permitOf({ highest: 0xffff, locked: new Set() }));
    edit.run(2, 0, 3, 65535);
    edit.run(2, 1, 2, 40000);
    const change = edit.finish()!;
    undoChange(map, change);
    expect(map.labels).toEqual([]);
    redoChange(map, change);
    expect([...map.slice(2).subarray(0, 3)]).toEqual([65535, 40000, 65535]);
  });
});

describe("label maps", () => {
  it("take memory for what they hold only", () => {
    const map = new LabelMap([512, 512, 500]);
    expect(map.bytes).toBe(0);
    new Edit(map, FREE).run(250, 1000, 1010, 1);
    expect(map.bytes).toBe(512 * 512);
    map.load(250, new Uint8Array(512 * 512));
    expect(map.bytes).toBe(0);
    expect(map.labels).toEqual([]);
  });

  it("count labels of loaded slices", () => {
    const map = new LabelMap([4, 1, 2]);
    map.load(0, Uint8Array.from([0, 5, 5, 1]));
    map.load(1, Uint8Array.from([5, 5, 5, 5]));
    map.load(0, Uint8Array.from([5, 0, 0, 0]));
    expect([map.labels, map.count(5), map.at(0, 0, 0), map.at(1, 0, 0)]).toEqual([[5], 5, 5, 0]);
    expect(() => { map.load(0, new Uint8Array(3)); }).toThrow(RangeError);
  });

  it.each([0, 1, 2] as const)("are read and written in planes across axis %i", (axis: Axis) => {
    const map = new LabelMap([5, 4, 3]);
    const edit = new Edit(map, FREE);
    writeRow(edit, map.size, { axis, index: 1 }, { y: 2, from: 1, to: 3, label: 9 });
    const [across] = axis === 0 ? [1] : [0];
    const sheet = readSheet(map, { axis, index: 1 }, 9);
    const width = map.size[across as Axis];
    expect([...sheet].map((value, at) => (value ? at : -1)).filter((at) => at >= 0)).toEqual([2 * width + 1, 2 * width + 2]);
    expect(map.count(9)).toBe(2);
  });
});

describe("region growing", () => {
  it.each(VECTORS.growths)("finds what hangs together: $reach, within $range", ({ grid, values, seed, range, ball, reach, mask }) => {
    const bytes = Buffer.from(values, "base64");
    const all = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const length = grid.size[0] * grid.size[1];
    const within = ball ? capsule(grid, { from: ball.center, to: ball.center, radius: ball.radius }, reach) : everything(grid, reach);
    const grown = grow({ size: grid.size, seed, range, within, values: (k) => all.subarray(k * length, (k + 1) * length) });
    const out = new Uint8Array(all.length);
    forEachGrown(grown, (k, from, to) => { out.fill(1, k * length + from, k * length + to); });
    expect(out).toEqual(unpacked(mask, all.length));
    expect(grown.voxels).toBe(out.reduce((sum, value) => sum + value, 0));
  });

  const plain: Geometry = { size: [6, 6, 3], spacing: [1, 1, 1], origin: [0, 0, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

  it("tells whether it came to the edge, and which slices are not known", () => {
    const empty = new Uint8Array(36);
    const slice = everything(plain, { kind: "slice", axis: 2, index: 1 });
    const growth = { size: plain.size, seed: [2, 2, 1] as Vec3, range: [0, 0] as const };
    expect(grow({ ...growth, within: slice, values: () => empty }).open).toBe(true);
    const walled = Uint8Array.from({ length: 36 }, (_, at) => Number(at % 6 === 0 || at % 6 === 5 || at < 6 || at >= 30));
    expect(grow({ ...growth, within: slice, values: () => walled })).toMatchObject({ open: false, voxels: 16, missing: 0 });
    const all = everything(plain, { kind: "all" });
    expect(grow({ ...growth, within: all, values: (k) => (k === 1 ? walled : null) })).toMatchObject({ missing: 2, voxels: 16 });
  });

  it("gives the thread back while it works", () => {
    const large: Geometry = { ...plain, size: [8, 4000, 4] };
    const values = new Uint8Array(8 * 4000);
    const steps = growing({ size: large.size, seed: [0, 0, 0], range: [0, 0], within: everything(large, { kind: "all" }), values: () => values });
    const pauses = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) pauses.push(step.value);
    expect(pauses.length).toBeGreaterThan(2);
    expect(step.value.voxels).toBe(8 * 4000 * 4);
  });
});

describe("distances", () => {
  it.each(VECTORS.distances)("are exact on $size", ({ size, step, shape, signed }) => {
    const [width, height] = size;
    const found = signedDistance(unpacked(shape, width * height), { width, height, across: step[0], down: step[1] });
    found.forEach((value, at) => { expect(value).toBeCloseTo(signed[at]!, 8); });
  });
});

describe("interpolation", () => {
  function interpolate(map: LabelMap, edit: Edit, axis: Axis, spacing: Vec3): void {
    const steps = interpolating(map, { axis, label: 1, spacing });
    let step = steps.next();
    while (!step.done) step = steps.next();
    writeRuns(edit, map.size, axis, 1, step.value);
  }

  /** The same picture with its slices along another voxel axis. */
  function turned(mask: Uint8Array, [width, height, depth]: Vec3, axis: Axis): { map: LabelMap; place: (x: number, y: number, z: number) => Vec3 } {
    const place = (x: number, y: number, z: number): Vec3 => (axis === 2 ? [x, y, z] : axis === 1 ? [x, z, y] : [z, x, y]);
    const map = new LabelMap(place(width, height, depth));
    const edit = new Edit(map, FREE);
    for (let z = 0; z < depth; z += 1) for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
      if (!mask[(z * height + y) * width + x]) continue;
      const [i, j, k] = place(x, y, z);
      edit.run(k, j * map.size[0] + i, j * map.size[0] + i + 1, 1);
    }
    return { map, place };
  }

  const cases = VECTORS.interpolations.flatMap((vector) => ([2, 1, 0] as const).map((axis) => ({ axis, ...vector })));

  it.each(cases)("mixes the shapes before and after, across axis $axis", ({ axis, size, spacing, drawn, mask }) => {
    const { map, place } = turned(unpacked(drawn, voxels(size)), size, axis);
    const edit = new Edit(map, FREE);
    interpolate(map, edit, axis, place(...spacing));
    const expected = turned(unpacked(mask, voxels(size)), size, axis).map;
    expect(flat(map)).toEqual(flat(expected));
  });

  it("follows shapes that do not overlap", () => {
    const map = new LabelMap([40, 8, 5]);
    const edit = new Edit(map, FREE);
    const square = (k: number, left: number): void => {
      for (let j = 2; j < 6; j += 1) edit.run(k, j * 40 + left, j * 40 + left + 4, 1);
    };
    square(0, 2);
    square(4, 34);
    expect(gapsOf(map, 2, 1)).toEqual([{ before: 0, after: 4 }]);
    interpolate(map, edit, 2, [1, 1, 3]);
    const lefts = [1, 2, 3].map((k) => readSheet(map, { axis: 2, index: k }, 1).indexOf(1) % 40);
    expect(lefts).toEqual([10, 18, 26]);
    expect(map.count(1)).toBe(5 * 16);
  });

  it("leaves other labels and drawn slices as they are", () => {
    const map = new LabelMap([8, 8, 4]);
    const edit = new Edit(map, FREE);
    edit.run(0, 0, 64, 1);
    edit.run(3, 0, 64, 1);
    edit.run(1, 0, 32, 2);
    const kept = new Edit(map, permitOf({ highest: 255, locked: new Set([2]) }));
    interpolate(map, kept, 2, [1, 1, 1]);
    expect([map.count(1), map.count(2)]).toEqual([64 * 3 + 32, 32]);
  });
});
