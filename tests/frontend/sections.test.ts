import { describe, expect, it } from "vitest";
import { type Geometry, voxelToWorld, worldToVoxel } from "../../viewer/frontend/src/core/geometry";
import type { Vec3 } from "../../viewer/frontend/src/core/meta";
import { planeOf, storedPlane } from "../../viewer/frontend/src/core/planes";
import {
  type Camera,
  type View,
  cameraOf,
  centeredOn,
  crossing,
  pixelsPerMillimetre,
  screenFacing,
  screenToWorld,
  worldToScreen,
  zoomedAt,
} from "../../viewer/frontend/src/render/camera";
import {
  type Orientation,
  centerOf,
  contains,
  facingOf,
  focusOn,
  insideOf,
  isStored,
  rightOf,
  sharesSpace,
  sliceRange,
  squared,
} from "../../viewer/frontend/src/render/sections";
import { across, cross, dot, length, turned } from "../../viewer/frontend/src/render/vectors";

/** Columns are the directions of i, j and k. */
const columns = (i: Vec3, j: Vec3, k: Vec3): number[] => [i[0], j[0], k[0], i[1], j[1], k[1], i[2], j[2], k[2]];
const tilt = (v: Vec3): Vec3 => turned(turned(v, [1, 0, 0], 20), [0, 0, 1], -15);
const FIT: View = { zoom: 1, pan: [0, 0], rotation: 0, flipHorizontal: false, flipVertical: false };
const SIZE = { width: 500, height: 400 };

const GRIDS: Record<string, Geometry> = {
  plain: { size: [64, 48, 20], spacing: [1, 1, 1], origin: [0, 0, 0], direction: columns([1, 0, 0], [0, 1, 0], [0, 0, 1]) },
  anisotropic: {
    size: [40, 60, 30],
    spacing: [0.7, 0.9, 3],
    origin: [-20, 11, -300],
    direction: columns([1, 0, 0], [0, 1, 0], [0, 0, 1]),
  },
  backwards: {
    size: [40, 60, 30],
    spacing: [0.7, 0.9, 3],
    origin: [100, 100, 40],
    direction: columns([-1, 0, 0], [0, -1, 0], [0, 0, 1]),
  },
  "left-handed": {
    size: [40, 60, 30],
    spacing: [2, 0.9, 1.5],
    origin: [5, 6, 7],
    direction: columns([1, 0, 0], [0, 1, 0], [0, 0, -1]),
  },
  sagittal: {
    size: [50, 70, 25],
    spacing: [1.1, 1.2, 4],
    origin: [60, -90, 120],
    direction: columns([0, 1, 0], [0, 0, -1], [-1, 0, 0]),
  },
  oblique: {
    size: [50, 70, 25],
    spacing: [1.1, 1.2, 4],
    origin: [60, -90, 120],
    direction: columns(tilt([1, 0, 0]), tilt([0, 1, 0]), tilt([0, 0, 1])),
  },
};
const CASES = Object.entries(GRIDS);
const NAMED: Exclude<Orientation, "oblique">[] = ["stored", "axial", "coronal", "sagittal"];

function expectNear(found: readonly number[], wanted: readonly number[], digits = 6): void {
  found.forEach((value, index) => { expect(value).toBeCloseTo(wanted[index]!, digits); });
}

describe.each(CASES)("planes of the %s grid", (_, geometry) => {
  it.each(NAMED)("%s: directions are of length 1, at right angles, and the radiological way round", (orientation) => {
    const facing = facingOf(geometry, orientation, true);
    const right = rightOf(facing);
    expect(length(facing.normal)).toBeCloseTo(1);
    expect(dot(facing.normal, facing.up)).toBeCloseTo(0);
    expectNear(cross(right, facing.up), facing.normal);
    const name = orientation === "stored" ? storedPlane(geometry) : orientation;
    const [wantedRight, wantedUp] = {
      axial: [[1, 0, 0], [0, -1, 0]],
      coronal: [[1, 0, 0], [0, 0, 1]],
      sagittal: [[0, 1, 0], [0, 0, 1]],
    }[name] as unknown as [Vec3, Vec3];
    expect(dot(right, wantedRight)).toBeGreaterThan(0.9);
    expect(dot(facing.up, wantedUp)).toBeGreaterThan(0.9);
  });

  it.each(NAMED)("%s: every slice is reached, and moves along the plane's own axis alone", (orientation) => {
    const facing = facingOf(geometry, orientation, true);
    const plane = planeOf(geometry, orientation === "stored" ? storedPlane(geometry) : orientation);
    const focus = voxelToWorld(geometry, [10.25, 20.5, 3.75]);
    for (const index of [0, 1, plane.count - 1]) {
      const moved = focusOn({ geometry, orientation, facing, focus, index });
      expect(sliceRange(geometry, orientation, facing, moved)).toMatchObject({ index, count: plane.count });
      const voxel = worldToVoxel(geometry, moved);
      expect(voxel[plane.normal]).toBeCloseTo(index);
      expect(voxel[plane.across]).toBeCloseTo([10.25, 20.5, 3.75][plane.across]!);
    }
  });

  it("oblique slices step through the whole grid and no farther", () => {
    const facing = squared({ normal: [0.3, 0.5, 0.8], up: [0, -1, 0.2] });
    const at = (index: number): Vec3 =>
      focusOn({ geometry, orientation: "oblique", facing, focus: centerOf(geometry), index });
    const { count, step } = sliceRange(geometry, "oblique", facing, centerOf(geometry));
    expect(dot(at(1), facing.normal) - dot(at(0), facing.normal)).toBeCloseTo(step);
    expect(sliceRange(geometry, "oblique", facing, at(count - 1)).index).toBe(count - 1);
    expectNear(at(count + 5), at(count - 1));
    expectNear(at(-3), at(0));
    // Both ends are as far from the middle.
    const middle = dot(centerOf(geometry), facing.normal);
    expect(dot(at(0), facing.normal) + dot(at(count - 1), facing.normal)).toBeCloseTo(2 * middle);
  });

  it("a point beyond the grid is brought to its border", () => {
    expect(contains(geometry, voxelToWorld(geometry, [-0.4, 0, 0]))).toBe(true);
    expect(contains(geometry, voxelToWorld(geometry, [-0.6, 0, 0]))).toBe(false);
    expectNear(worldToVoxel(geometry, insideOf(geometry, voxelToWorld(geometry, [-9, 5, 1000]))), [0, 5, geometry.size[2] - 1]);
  });
});

const VIEWS: Record<string, View> = {
  fitted: FIT,
  "zoomed and moved": { ...FIT, zoom: 2.5, pan: [12, -7] },
  turned: { ...FIT, rotation: 30, pan: [3, 4] },
  mirrored: { ...FIT, flipHorizontal: true, pan: [3, 4] },
  "upside down": { ...FIT, flipVertical: true, rotation: 90 },
  "mirrored twice": { ...FIT, flipHorizontal: true, flipVertical: true },
};

describe.each(CASES)("the camera on the %s grid", (_, geometry) => {
  const facing = facingOf(geometry, "stored", true);
  const focus = voxelToWorld(geometry, [20, 30, 7]);

  it.each(Object.entries(VIEWS))("%s: screen to patient and back", (__, view) => {
    const camera = cameraOf(geometry, { facing, focus }, view, SIZE);
    for (const at of [[0, 0], [500, 400], [123.5, 77.25]] as const) {
      const world = screenToWorld(camera, SIZE, at);
      expectNear(worldToScreen(camera, SIZE, world), at);
      expect(dot(world, facing.normal)).toBeCloseTo(dot(focus, facing.normal), 6);
    }
  });

  it("shows the whole picture, fitted, with its middle in the middle", () => {
    const camera = cameraOf(geometry, { facing, focus }, FIT, SIZE);
    const plane = planeOf(geometry, storedPlane(geometry));
    const middle = [...worldToVoxel(geometry, screenToWorld(camera, SIZE, [250, 200]))];
    expect(middle[plane.across]).toBeCloseTo((plane.width - 1) / 2);
    expect(middle[plane.down]).toBeCloseTo((plane.height - 1) / 2);
    const scale = pixelsPerMillimetre(geometry, facing, FIT, SIZE);
    const sides = [(plane.width * plane.pixelWidth * scale) / 500, (plane.height * plane.pixelHeight * scale) / 400];
    expect(Math.max(...sides)).toBeCloseTo(0.92);
  });

  it("zooms about a point of the screen", () => {
    const view = { ...FIT, zoom: 1.5, pan: [4, 2] as const, rotation: 30, flipHorizontal: true };
    const before = cameraOf(geometry, { facing, focus }, view, SIZE);
    const scale = pixelsPerMillimetre(geometry, facing, view, SIZE);
    const after = cameraOf(geometry, { facing, focus }, zoomedAt(view, SIZE, scale, 3, [400, 50]), SIZE);
    expectNear(screenToWorld(after, SIZE, [400, 50]), screenToWorld(before, SIZE, [400, 50]));
    expect(before.parallelScale / after.parallelScale).toBeCloseTo(3);
  });

  it("brings a point to the middle", () => {
    const point = voxelToWorld(geometry, [5, 9, 11]);
    const view = centeredOn(geometry, facing, { ...FIT, rotation: 45, flipVertical: true }, point);
    expectNear(cameraOf(geometry, { facing, focus: point }, view, SIZE).focalPoint, point);
  });
});

describe("turning and mirroring", () => {
  const facing = facingOf(GRIDS.plain!, "axial", true);
  const place = (view: View, world: Vec3): readonly [number, number] => {
    const focus: Vec3 = [32, 24, 10];
    return worldToScreen(cameraOf(GRIDS.plain!, { facing, focus }, view, SIZE), SIZE, world);
  };
  const center = centerOf(GRIDS.plain!);
  const front: Vec3 = [center[0], center[1] - 10, 10];
  const left: Vec3 = [center[0] + 10, center[1], 10];

  it("front is on top and the patient's left on the right", () => {
    expect(place(FIT, front)[1]).toBeLessThan(200);
    expect(place(FIT, left)[0]).toBeGreaterThan(250);
  });

  it("a quarter turn clockwise brings the top to the right", () => {
    const [x, y] = place({ ...FIT, rotation: 90 }, front);
    expect(x).toBeGreaterThan(250);
    expect(y).toBeCloseTo(200);
  });

  it("mirrors what is on the screen, turned or not", () => {
    for (const rotation of [0, 35, 90]) {
      const [x, y] = place({ ...FIT, rotation }, left);
      expectNear(place({ ...FIT, rotation, flipHorizontal: true }, left), [500 - x, y]);
      expectNear(place({ ...FIT, rotation, flipVertical: true }, left), [x, 400 - y]);
    }
  });

  it("a mirrored picture is the same plane seen from behind", () => {
    const { normal, up } = screenFacing(facing, { ...FIT, flipHorizontal: true });
    expectNear(normal, [0, 0, 1]);
    expectNear(up, facing.up);
  });
});

describe("where planes cross", () => {
  const geometry = GRIDS.plain!;
  const focus: Vec3 = [20, 30, 10];
  const camera = (orientation: "axial" | "coronal"): Camera =>
    cameraOf(geometry, { facing: facingOf(geometry, orientation, true), focus }, FIT, SIZE);

  it("the sagittal plane stands upright in the axial picture, through the focus", () => {
    const line = crossing(camera("axial"), SIZE, { normal: [1, 0, 0], point: focus });
    const [x] = worldToScreen(camera("axial"), SIZE, focus);
    expect(line).not.toBeNull();
    expectNear(line!.flat().filter((_, index) => index % 2 === 0), [x, x]);
    expectNear([...line!].map(([, y]) => y).sort((a, b) => a - b), [0, 400]);
  });

  it("parallel planes have no line", () => {
    expect(crossing(camera("coronal"), SIZE, { normal: [0, 1, 0], point: [0, 5, 0] })).toBeNull();
  });

  it("lines beyond the pane are not drawn", () => {
    expect(crossing(camera("axial"), SIZE, { normal: [1, 0, 0], point: [9000, 0, 0] })).toBeNull();
  });
});

describe("which planes and images belong together", () => {
  it("stored slices are shown as they are in one plane only", () => {
    expect(isStored(GRIDS.sagittal!, "sagittal")).toBe(true);
    expect(isStored(GRIDS.sagittal!, "stored")).toBe(true);
    expect(isStored(GRIDS.sagittal!, "axial")).toBe(false);
    expect(isStored(GRIDS.sagittal!, "oblique")).toBe(false);
  });

  it("images share a space when one holds the middle of the other", () => {
    const moved = { ...GRIDS.plain!, origin: [5000, 0, 0] as Vec3 };
    expect(sharesSpace(GRIDS.plain!, { ...GRIDS.plain!, origin: [3, 4, 5] as Vec3 })).toBe(true);
    expect(sharesSpace(GRIDS.plain!, moved)).toBe(false);
  });

  it("photographs are shown as their pixels lie", () => {
    const photo = { ...GRIDS.backwards!, size: [40, 60, 1] as Vec3 };
    expectNear(rightOf(facingOf(photo, "stored", false)), [-1, 0, 0]);
    expectNear(rightOf(facingOf(photo, "stored", true)), [1, 0, 0]);
  });

  it("directions need not be given at right angles", () => {
    const facing = squared({ normal: [0, 0, 5], up: [0, -2, 3] });
    expectNear(facing.normal, [0, 0, 1]);
    expectNear(facing.up, [0, -1, 0]);
    expectNear(across([0, 0, 1], [0, 0, 1], [1, 0, 0]), [1, 0, 0]);
  });
});
