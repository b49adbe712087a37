/** The parallel camera of a pane: one pure function from plane and view, and the maps between screen and patient. */

import type { Geometry } from "../core/geometry";
import type { Vec3 } from "../core/meta";
import { type Facing, centerOf, extentAlong, rightOf } from "./sections";
import { add, along, dot, negate, scale, subtract, turned } from "./vectors";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** How the plane lies on the screen. */
export interface View {
  /** 1 fits the whole picture into the pane. */
  readonly zoom: number;
  /** Millimetres that the picture is moved right and down on the screen. */
  readonly pan: readonly [right: number, down: number];
  /** Degrees, clockwise on the screen; mirroring comes after turning. */
  readonly rotation: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
}

/** As Cornerstone3D and vtk.js name it; `viewPlaneNormal` points at the reader. */
export interface Camera {
  /** The point in the middle of the pane. */
  readonly focalPoint: Vec3;
  readonly viewPlaneNormal: Vec3;
  readonly viewUp: Vec3;
  /** Half the height of the pane in millimetres. */
  readonly parallelScale: number;
}

const MIN_ZOOM = 0.05;
const MAX_ZOOM = 100;
/** Part of the pane that a fitted picture fills; the rest keeps labels readable. */
const FIT_SHARE = 0.92;

/** The plane's directions as they are on the screen. A mirrored picture is the same plane seen from behind. */
export function screenFacing(facing: Facing, view: View): Facing {
  const up = turned(facing.up, facing.normal, view.rotation);
  const mirrored = view.flipHorizontal !== view.flipVertical;
  return {
    normal: mirrored ? negate(facing.normal) : facing.normal,
    up: view.flipVertical ? negate(up) : up,
  };
}

/** CSS pixels per millimetre. */
export function pixelsPerMillimetre(geometry: Geometry, facing: Facing, view: View, size: Size): number {
  const width = extentAlong(geometry, rightOf(facing));
  const height = extentAlong(geometry, facing.up);
  const lying = Math.abs(view.rotation % 180) === 90;
  const fit = Math.min(size.width / (lying ? height : width), size.height / (lying ? width : height));
  return fit * FIT_SHARE * view.zoom;
}

export function cameraOf(
  geometry: Geometry,
  plane: { readonly facing: Facing; readonly focus: Vec3 },
  view: View,
  size: Size,
): Camera {
  const { facing, focus } = plane;
  const { normal, up } = screenFacing(facing, view);
  const center = centerOf(geometry);
  const onPlane = along(center, facing.normal, dot(subtract(focus, center), facing.normal));
  const [right, down] = view.pan;
  const focalPoint = add(onPlane, add(scale(rightOf({ normal, up }), -right), scale(up, down)));
  const perMillimetre = pixelsPerMillimetre(geometry, facing, view, size);
  return { focalPoint, viewPlaneNormal: normal, viewUp: up, parallelScale: size.height / 2 / perMillimetre };
}

/** Point of the pane (CSS pixels from its top left) to the patient, on the plane. */
export function screenToWorld(camera: Camera, size: Size, [x, y]: Point): Vec3 {
  const millimetres = (2 * camera.parallelScale) / size.height;
  const right = rightOf({ normal: camera.viewPlaneNormal, up: camera.viewUp });
  const across = along(camera.focalPoint, right, (x - size.width / 2) * millimetres);
  return along(across, camera.viewUp, (size.height / 2 - y) * millimetres);
}

/** Inverse of {@link screenToWorld} for points of the plane; others are projected along the normal. */
export function worldToScreen(camera: Camera, size: Size, world: Vec3): Point {
  const pixels = size.height / (2 * camera.parallelScale);
  const right = rightOf({ normal: camera.viewPlaneNormal, up: camera.viewUp });
  const offset = subtract(world, camera.focalPoint);
  return [
    size.width / 2 + dot(offset, right) * pixels,
    size.height / 2 - dot(offset, camera.viewUp) * pixels,
  ];
}

export function limitedZoom(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}

/** Zooms so that what lies under the point stays there. `perMillimetre`: CSS pixels before. */
export function zoomedAt(view: View, size: Size, perMillimetre: number, factor: number, [x, y]: Point): View {
  const zoom = limitedZoom(view.zoom * factor);
  const shrink = view.zoom / zoom;
  const fromCenter: Point = [(x - size.width / 2) / perMillimetre, (y - size.height / 2) / perMillimetre];
  const moved = (pan: number, offset: number): number => pan - offset * (1 - shrink);
  return { ...view, zoom, pan: [moved(view.pan[0], fromCenter[0]), moved(view.pan[1], fromCenter[1])] };
}

/** The view that brings a point of the plane to the middle of the pane. */
export function centeredOn(geometry: Geometry, facing: Facing, view: View, world: Vec3): View {
  const { normal, up } = screenFacing(facing, view);
  const offset = subtract(world, centerOf(geometry));
  return { ...view, pan: [-dot(offset, rightOf({ normal, up })), dot(offset, up)] };
}

/** The line in which another plane cuts the plane of `camera`, clipped to the pane; null when they never meet there. */
export function crossing(camera: Camera, size: Size, plane: { normal: Vec3; point: Vec3 }): readonly [Point, Point] | null {
  const right = rightOf({ normal: camera.viewPlaneNormal, up: camera.viewUp });
  const millimetres = (2 * camera.parallelScale) / size.height;
  // Signed distance from the other plane of the screen point (x, y): a x + b y + c.
  const a = dot(plane.normal, right) * millimetres;
  const b = -dot(plane.normal, camera.viewUp) * millimetres;
  const origin = screenToWorld(camera, size, [0, 0]);
  const c = dot(plane.normal, subtract(origin, plane.point));
  if (Math.hypot(a, b) < 1e-3 * millimetres) return null;
  return clippedLine(a, b, c, size);
}

function clippedLine(a: number, b: number, c: number, { width, height }: Size): readonly [Point, Point] | null {
  const points: Point[] = [];
  const push = (x: number, y: number): void => {
    const inside = x >= -1e-6 && y >= -1e-6 && x <= width + 1e-6 && y <= height + 1e-6;
    if (inside && points.every(([px, py]) => Math.hypot(px - x, py - y) > 1e-3)) points.push([x, y]);
  };
  if (b !== 0) for (const x of [0, width]) push(x, -(a * x + c) / b);
  if (a !== 0) for (const y of [0, height]) push(-(b * y + c) / a, y);
  const [from, to] = points;
  return from && to ? [from, to] : null;
}

export function sameCamera(a: Camera, b: Camera): boolean {
  const same = (x: Vec3, y: Vec3): boolean => x[0] === y[0] && x[1] === y[1] && x[2] === y[2];
  return (
    a.parallelScale === b.parallelScale &&
    same(a.focalPoint, b.focalPoint) &&
    same(a.viewPlaneNormal, b.viewPlaneNormal) &&
    same(a.viewUp, b.viewUp)
  );
}
