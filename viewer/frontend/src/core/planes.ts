/** Axial, coronal and sagittal views of a voxel grid, in the usual radiological orientation. */

import { type Axis, type Geometry, anatomicalAxes, axisDirection, orientationLabel } from "./geometry";
import type { Vec3 } from "./meta";

export type PlaneName = "axial" | "coronal" | "sagittal";
export const PLANES: readonly PlaneName[] = ["axial", "coronal", "sagittal"];

/** Index of the voxel axis that holds stored slices. */
export const STORED_AXIS: Axis = 2;

export interface Plane {
  readonly name: PlaneName;
  /** Voxel axes across the picture, down the picture, and through it. */
  readonly across: Axis;
  readonly down: Axis;
  readonly normal: Axis;
  /** Whether the picture runs against the voxel axis. */
  readonly flipAcross: boolean;
  readonly flipDown: boolean;
  /** Pixels and millimetres per pixel of the picture. */
  readonly width: number;
  readonly height: number;
  readonly pixelWidth: number;
  readonly pixelHeight: number;
  readonly count: number;
  readonly labels: Readonly<Record<"left" | "right" | "top" | "bottom", string>>;
}

/** For each plane the patient axis (0 L, 1 P, 2 S) and sign that points right and down on the screen, and the normal. */
const LAYOUT: Readonly<Record<PlaneName, { right: [Axis, 1 | -1]; down: [Axis, 1 | -1]; normal: Axis }>> = {
  axial: { right: [0, 1], down: [1, 1], normal: 2 },
  coronal: { right: [0, 1], down: [2, -1], normal: 1 },
  sagittal: { right: [1, 1], down: [2, -1], normal: 0 },
};

export function planeOf(geometry: Geometry, name: PlaneName): Plane {
  const axes = anatomicalAxes(geometry);
  const layout = LAYOUT[name];
  const across = axes[layout.right[0]];
  const down = axes[layout.down[0]];
  const normal = axes[layout.normal];
  const flips = (axis: Axis, [patientAxis, sign]: [Axis, 1 | -1]): boolean =>
    axisDirection(geometry, axis)[patientAxis] * sign < 0;
  const flipAcross = flips(across, layout.right);
  const flipDown = flips(down, layout.down);
  return {
    name,
    across,
    down,
    normal,
    flipAcross,
    flipDown,
    width: geometry.size[across],
    height: geometry.size[down],
    pixelWidth: geometry.spacing[across],
    pixelHeight: geometry.spacing[down],
    count: geometry.size[normal],
    labels: edgeLabels(
      signed(axisDirection(geometry, across), flipAcross),
      signed(axisDirection(geometry, down), flipDown),
    ),
  };
}

/** The plane in which the image was stored: the one that shows whole slices. */
export function storedPlane(geometry: Geometry): PlaneName {
  return PLANES.find((name) => planeOf(geometry, name).normal === STORED_AXIS) ?? "axial";
}

/** Voxel at picture coordinates (x, y) (pixels from the top left as shown, centers at integers) of slice `index`. */
export function planeToVoxel(plane: Plane, x: number, y: number, index: number): Vec3 {
  const voxel: [number, number, number] = [0, 0, 0];
  voxel[plane.across] = plane.flipAcross ? plane.width - 1 - x : x;
  voxel[plane.down] = plane.flipDown ? plane.height - 1 - y : y;
  voxel[plane.normal] = index;
  return voxel;
}

/** Inverse of {@link planeToVoxel} for the in-plane part. */
export function voxelToPlane(plane: Plane, voxel: Vec3): readonly [number, number] {
  const x = voxel[plane.across];
  const y = voxel[plane.down];
  return [plane.flipAcross ? plane.width - 1 - x : x, plane.flipDown ? plane.height - 1 - y : y];
}

function signed(direction: Vec3, flip: boolean): Vec3 {
  const sign = flip ? -1 : 1;
  return [direction[0] * sign, direction[1] * sign, direction[2] * sign];
}

function edgeLabels(right: Vec3, down: Vec3): Plane["labels"] {
  return {
    right: orientationLabel(right),
    left: orientationLabel(signed(right, true)),
    bottom: orientationLabel(down),
    top: orientationLabel(signed(down, true)),
  };
}
