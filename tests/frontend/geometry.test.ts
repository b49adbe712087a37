import { describe, expect, it } from "vitest";
import {
  anatomicalAxes,
  orientationLabel,
  positionLabel,
  sameGrid,
  voxelToWorld,
  worldToVoxel,
} from "../../viewer/frontend/src/core/geometry";
import { isOriented } from "../../viewer/frontend/src/core/oriented";
import { layerMeta } from "./layers";

const tilt = 0.3;
/** Gantry-like tilt around the left-right axis, with unequal spacing. */
const oblique = layerMeta({
  spacing: [0.7, 0.8, 3],
  direction: [1, 0, 0, 0, Math.cos(tilt), -Math.sin(tilt), 0, Math.sin(tilt), Math.cos(tilt)],
});

describe("voxels and the patient", () => {
  it("follows the columns of the direction matrix", () => {
    const sagittal = layerMeta({ direction: [0, 0, 1, 1, 0, 0, 0, -1, 0], spacing: [2, 3, 4], origin: [10, 20, 30] });
    // i runs to P, j to I, k to L.
    expect(voxelToWorld(sagittal, [1, 0, 0])).toEqual([10, 22, 30]);
    expect(voxelToWorld(sagittal, [0, 1, 0])).toEqual([10, 20, 27]);
    expect(voxelToWorld(sagittal, [0, 0, 1])).toEqual([14, 20, 30]);
  });

  it("comes back to the voxel it started from", () => {
    const voxel = worldToVoxel(oblique, voxelToWorld(oblique, [12.5, 99, 7]));
    [12.5, 99, 7].forEach((value, axis) => { expect(voxel[axis]).toBeCloseTo(value, 9); });
  });

  it("finds voxels through a sheared matrix, as gantry tilt leaves one", () => {
    const sheared = layerMeta({ direction: [1, 0, 0, 0, 1, -0.3, 0, 0, 0.954] });
    const voxel = worldToVoxel(sheared, voxelToWorld(sheared, [3, 40, 50]));
    [3, 40, 50].forEach((value, axis) => { expect(voxel[axis]).toBeCloseTo(value, 9); });
  });
});

describe("letters", () => {
  it.each([
    [[1, 0, 0], "L"],
    [[-1, 0, 0], "R"],
    [[0, 1, 0], "P"],
    [[0, 0, -1], "I"],
    [[0.94, 0.34, 0], "LP"],
    [[0.34, -0.94, 0.05], "AL"],
    [[0.5, 0.6, 0.62], "SPL"],
  ] as const)("names %j", (direction, label) => {
    expect(orientationLabel(direction)).toBe(label);
  });

  it("says positions with the letter of their side, and no negative zero", () => {
    expect(positionLabel(0, -12.34)).toBe("R 12.3");
    expect(positionLabel(2, 5)).toBe("S 5.0");
    expect(positionLabel(1, -0.01)).toBe("P 0.0");
  });
});

describe("anatomical axes", () => {
  it("gives each voxel axis one patient axis, also at 45 degrees", () => {
    const half = Math.SQRT1_2;
    const axes = anatomicalAxes(layerMeta({ direction: [half, -half, 0, half, half, 0, 0, 0, 1] }));
    expect([...axes].sort()).toEqual([0, 1, 2]);
    expect(axes[2]).toBe(2);
  });

  it("knows a sagittal acquisition", () => {
    expect(anatomicalAxes(layerMeta({ direction: [0, 0, 1, 1, 0, 0, 0, -1, 0] }))).toEqual([2, 0, 1]);
  });
});

describe("grids", () => {
  it("forgives rounding in headers", () => {
    expect(sameGrid(layerMeta(), layerMeta({ origin: [-100.001, -120, 30], spacing: [0.5001, 0.5, 2] }))).toBe(true);
  });

  it.each([
    { size: [512, 512, 99] as const },
    { spacing: [0.5, 0.5, 2.1] as const },
    { origin: [-100, -119, 30] as const },
    { direction: [1, 0, 0, 0, -1, 0, 0, 0, 1] },
  ])("tells %j apart", (change) => {
    expect(sameGrid(layerMeta(), layerMeta(change))).toBe(false);
  });
});

it("gives no patient directions to photographs and radiographs", () => {
  expect(isOriented(layerMeta())).toBe(true);
  expect(isOriented(layerMeta({ components: 3 }))).toBe(false);
  expect(isOriented(layerMeta({ modality: "DX", size: [2000, 2000, 1] }))).toBe(false);
  expect(isOriented(layerMeta({ modality: "MR", size: [256, 256, 1] }))).toBe(true);
});
