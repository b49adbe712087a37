/** Where a pane lies for the tools of segmentation: points of the screen in the patient, and how far a tool reaches. */

import type { Layer } from "../core/layer";
import type { Values } from "../core/masks/grow";
import type { Frame, PlanePoint, Reach } from "../core/masks/region";
import type { Depth } from "../core/masks/tools";
import type { Vec3 } from "../core/meta";
import { type Camera, type Point, type Size, screenToWorld } from "../render/camera";
import { namedPlane, rightOf, sliceRange } from "../render/sections";
import { dot, negate, subtract } from "../render/vectors";
import type { PaneState } from "./workspace-state";

/** The part of a pane that is needed here. */
export interface MaskPane {
  readonly state: PaneState;
  readonly layer: Layer | undefined;
  readonly camera: Camera | null;
  readonly size: Size;
}

/** The point of the patient under a point of the screen, also beside the image. */
export function pointOf({ camera, size }: MaskPane, point: Point): Vec3 | null {
  return camera && screenToWorld(camera, size, point);
}

/** CSS pixels per millimetre. */
export function scaleOf({ camera, size }: MaskPane): number {
  return camera ? size.height / (2 * camera.parallelScale) : 1;
}

/** The slice that is shown, or for an oblique plane the voxels nearest to it. */
export function planeReach({ state, layer }: MaskPane): Reach {
  if (!layer) return { kind: "all" };
  const { orientation, facing, focus } = state;
  const { index, step } = sliceRange(layer.meta, orientation, facing, focus);
  const plane = namedPlane(layer.meta, orientation);
  if (plane) return { kind: "slice", axis: plane.normal, index };
  return { kind: "slab", point: focus, normal: facing.normal, half: step / 2 };
}

export function reachOf(pane: MaskPane, depth: Depth): Reach {
  return depth === "volume" ? { kind: "all" } : planeReach(pane);
}

/** The plane on the screen: x runs right, y down. */
export function frameOf({ camera }: MaskPane): Frame | null {
  if (!camera) return null;
  const { focalPoint, viewPlaneNormal, viewUp } = camera;
  return { origin: focalPoint, right: rightOf({ normal: viewPlaneNormal, up: viewUp }), down: negate(viewUp) };
}

/** A point of the patient in a plane, millimetres. */
export function inFrame({ origin, right, down }: Frame, world: Vec3): PlanePoint {
  const offset = subtract(world, origin);
  return [dot(offset, right), dot(offset, down)];
}

/** Values of the image, slice by slice, as they are and never as a preview. */
export function valuesOf(layer: Layer, timepoint: number): Values {
  return (k) => {
    const slice = layer.store.best(layer.sliceAt(k, timepoint));
    return slice && slice.level === layer.full && layer.meta.components === 1 ? slice.pixels : null;
  };
}
