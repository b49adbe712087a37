import { describe, expect, it } from "vitest";
import type { LayerMeta } from "../../viewer/frontend/src/core/meta";
import { PLANES, planeOf, planeToVoxel, storedPlane, voxelToPlane } from "../../viewer/frontend/src/core/planes";
import { voxelToWorld } from "../../viewer/frontend/src/core/geometry";
import { storedTransform } from "../../viewer/frontend/src/first/placement";
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

  it("lies in the first picture where the application draws it", () => {
    const plane = planeOf(meta, storedPlane(meta));
    const stage = { width: 640, height: 480 };
    const [a, b, c, d, e, f] = storedTransform(meta, stage);
    for (const [i, j] of [[0, 0], [3, 7], [meta.size[0] - 1, meta.size[1] - 1]] as const) {
      const [x, y] = toScreen(plane, stage, FITTED, voxelToPlane(plane, [i, j, 5]));
      expect(a * (i + 0.5) + c * (j + 0.5) + e).toBeCloseTo(x, 6);
      expect(b * (i + 0.5) + d * (j + 0.5) + f).toBeCloseTo(y, 6);
    }
  });

  it.each(PLANES)("finds its way back from the screen to the %s picture", (name) => {
    const plane = planeOf(meta, name);
    const stage = { width: 640, height: 480 };
    const view = { ...FITTED, zoom: 1.7, panX: 21, panY: -13 };
    const [x, y] = toPicture(plane, stage, view, [301, 222]);
    const back = toScreen(plane, stage, view, [x, y]);
    expect(back[0]).toBeCloseTo(301, 6);
    expect(back[1]).toBeCloseTo(222, 6);
  });
});

it("opens in the plane that was stored", () => {
  expect(storedPlane(GRIDS["axial"]!)).toBe("axial");
  expect(storedPlane(GRIDS["sagittal"]!)).toBe("sagittal");
  expect(storedPlane(GRIDS["coronal"]!)).toBe("coronal");
});
