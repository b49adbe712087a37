import { describe, expect, it } from "vitest";
import type { LayerMeta } from "../../viewer/frontend/src/core/meta";
import { PLANES, planeOf, planeToVoxel, storedPlane, voxelToPlane } from "../../viewer/frontend/src/core/planes";
import { voxelToWorld } from "../../viewer/frontend/src/core/geometry";
import { placePicture } from "../../viewer/frontend/src/first/placement";
import { FITTED, toPicture, toScreen } from "../../viewer/frontend/src/core/view-transform";
import { layerMeta } from "./layers";

const SIZE = { size: [20, 30, 40] as const, spacing: [1, 2, 3] as const };
const GRIDS: Record<string, LayerMeta> = {
  axial: layerMeta(SIZE),
  "axial from feet, prone": layerMeta({ ...SIZE, direction: [-1, 0, 0, 0, -1, 0, 0, 0, 1] }),
  sagittal: layerMeta({ ...SIZE, direction: [0, 0, 1, 1, 0, 0, 0, -1, 0] }),
  coronal: layerMeta({ ...SIZE, direction: [1, 0, 0, 0, 0, 1, 0, -1, 0] }),
  rotated: layerMeta({ ...SIZE, direction: [0, -1, 0, 1, 0, 0, 0, 0, 1] }),
};

const LABELS = {
  axial: { left: "R", right: "L", top: "A", bottom: "P" },
  coronal: { left: "R", right: "L", top: "S", bottom: "I" },
  sagittal: { left: "A", right: "P", top: "S", bottom: "I" },
};
/** LPS axis and sign towards the right and the bottom of the screen. */
const TOWARDS = {
  axial: { right: [0, 1], down: [1, 1] },
  coronal: { right: [0, 1], down: [2, -1] },
  sagittal: { right: [1, 1], down: [2, -1] },
} as const;

describe.each(Object.entries(GRIDS))("an image stored as %s", (_, meta) => {
  it.each(PLANES)("shows the %s plane the radiological way round", (name) => {
    const plane = planeOf(meta, name);
    expect(plane.labels).toEqual(LABELS[name]);
    const at = (x: number, y: number): readonly number[] => voxelToWorld(meta, planeToVoxel(plane, x, y, 5));
    const { right, down } = TOWARDS[name];
    expect((at(1, 0)[right[0]]! - at(0, 0)[right[0]]!) * right[1]).toBeCloseTo(plane.pixelWidth);
    expect((at(0, 1)[down[0]]! - at(0, 0)[down[0]]!) * down[1]).toBeCloseTo(plane.pixelHeight);
  });

  it.each(PLANES)("finds its way back from the %s picture to the voxel", (name) => {
    const plane = planeOf(meta, name);
    expect(voxelToPlane(plane, planeToVoxel(plane, 3, 4, 5))).toEqual([3, 4]);
  });

  it.each(PLANES)("draws the %s texel that lies under a screen point", (name) => {
    const plane = planeOf(meta, name);
    const stage = { width: 640, height: 480 };
    const view = { ...FITTED, zoom: 1.7, panX: 21, panY: -13 };
    const ratio = 2;
    const point = [301, 222] as const;
    const placement = placePicture(plane, stage, view, ratio);
    const device = [point[0] * ratio, (stage.height - point[1]) * ratio, 1];
    const texel = [placement.columnOf, placement.rowOf].map((row) =>
      row.reduce((sum, value, index) => sum + value * device[index]!, 0),
    );
    const [x, y] = toPicture(plane, stage, view, point);
    const voxel = planeToVoxel(plane, x, y, 5);
    const inPlane = [0, 1, 2].filter((axis) => axis !== plane.normal);
    expect(texel[0]).toBeCloseTo(voxel[inPlane[0]!]!, 6);
    expect(texel[1]).toBeCloseTo(voxel[inPlane[1]!]!, 6);
    const [left, bottom, width, height] = placement.cover;
    const topLeft = toScreen(plane, stage, view, [-0.5, -0.5]);
    const bottomRight = toScreen(plane, stage, view, [plane.width - 0.5, plane.height - 0.5]);
    expect(left).toBeLessThanOrEqual(topLeft[0] * ratio);
    expect(left + width).toBeGreaterThanOrEqual(bottomRight[0] * ratio);
    expect(bottom).toBeLessThanOrEqual((stage.height - bottomRight[1]) * ratio);
    expect(bottom + height).toBeGreaterThanOrEqual((stage.height - topLeft[1]) * ratio);
    expect(width).toBeLessThan((bottomRight[0] - topLeft[0]) * ratio + 6);
    const back = toScreen(plane, stage, view, [x, y]);
    expect(back[0]).toBeCloseTo(point[0], 6);
    expect(back[1]).toBeCloseTo(point[1], 6);
  });
});

it("opens in the plane that was stored", () => {
  expect(storedPlane(GRIDS["axial"]!)).toBe("axial");
  expect(storedPlane(GRIDS["sagittal"]!)).toBe("sagittal");
  expect(storedPlane(GRIDS["coronal"]!)).toBe("coronal");
});
