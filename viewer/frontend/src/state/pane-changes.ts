/** What the verbs of a pane do to its state. Pure; the workspace keeps the result and tells the linked panes. */

import type { LayerMeta, Vec3 } from "../core/meta";
import { isOriented } from "../core/oriented";
import { type Window, dragWindow, initialWindow, presetsFor } from "../core/window-level";
import { type Size, centeredOn, pixelsPerMillimetre, screenFacing, zoomedAt } from "../render/camera";
import {
  type Facing,
  type Orientation,
  facingOf,
  focusOn,
  insideOf,
  rightOf,
  sliceRange,
  squared,
} from "../render/sections";
import { turned } from "../render/vectors";
import { voxelToWorld } from "../core/geometry";
import { FITTED, type PaneState, type Slab, type View, emptyPane } from "./workspace-state";

type Named = Exclude<Orientation, "oblique">;

/** A pane that opens an image: the stored plane through its middle. */
export function opened(pane: PaneState, layer: number, meta: LayerMeta): PaneState {
  const [i, j, k] = meta.size;
  const fresh = emptyPane(pane.id);
  return {
    ...fresh,
    ...openingWindow(meta),
    image: layer,
    facing: facingOf(meta, "stored", isOriented(meta)),
    focus: voxelToWorld(meta, [Math.floor(i / 2), Math.floor(j / 2), Math.floor(k / 2)]),
    cine: { ...fresh.cine, over: meta.timepoints > 1 ? "time" : "slices" },
    pointer: pane.pointer,
  };
}

export function openingWindow(meta: LayerMeta): Pick<PaneState, "window" | "preset"> {
  const window = initialWindow(meta);
  const match = presetsFor(meta).find(
    (preset) => preset.window?.center === window.center && preset.window.width === window.width,
  );
  return { window, preset: match?.id ?? null };
}

// Planes and slices

export function withOrientation(pane: PaneState, meta: LayerMeta, orientation: Named): PaneState {
  const facing = facingOf(meta, orientation, isOriented(meta));
  return snapped({ ...pane, orientation, facing, view: FITTED, direction: 0 }, meta);
}

export function withPlane(pane: PaneState, meta: LayerMeta, plane: Facing, focalPoint?: Vec3): PaneState {
  const facing = squared(plane);
  const focus = focalPoint ?? pane.focus;
  const view = focalPoint ? centeredOn(meta, facing, { ...pane.view, rotation: 0 }, focalPoint) : pane.view;
  return { ...pane, orientation: "oblique", facing, focus, view, direction: 0 };
}

/** Turns about the vertical and the horizontal axis of the screen, in degrees: what is right or below comes nearer. */
export function tilted(pane: PaneState, aboutVertical: number, aboutHorizontal: number): PaneState {
  const { normal, up } = screenFacing(pane.facing, pane.view);
  const right = rightOf({ normal, up });
  const turn = (vector: Vec3): Vec3 => turned(turned(vector, up, aboutVertical), right, aboutHorizontal);
  const facing = squared({ normal: turn(pane.facing.normal), up: turn(pane.facing.up) });
  return { ...pane, orientation: "oblique", facing, direction: 0 };
}

export function atIndex(pane: PaneState, meta: LayerMeta, index: number): PaneState {
  const { orientation, facing } = pane;
  const before = sliceRange(meta, orientation, facing, pane.focus).index;
  const focus = focusOn({ geometry: meta, orientation, facing, focus: pane.focus, index });
  const travelled = Math.sign(sliceRange(meta, orientation, facing, focus).index - before) as -1 | 0 | 1;
  return { ...pane, focus, direction: travelled || pane.direction };
}

/** Brings the plane to a point; named planes go to the nearest of their slices. */
export function movedTo(pane: PaneState, meta: LayerMeta, world: Vec3): PaneState {
  const before = sliceRange(meta, pane.orientation, pane.facing, pane.focus).index;
  const moved = snapped({ ...pane, focus: insideOf(meta, world) }, meta);
  const after = sliceRange(meta, moved.orientation, moved.facing, moved.focus).index;
  return { ...moved, direction: (Math.sign(after - before) || pane.direction) as -1 | 0 | 1 };
}

/** The point in the middle of the pane. */
export function centered(pane: PaneState, meta: LayerMeta, world: Vec3): PaneState {
  return { ...pane, view: centeredOn(meta, pane.facing, pane.view, world) };
}

function snapped(pane: PaneState, meta: LayerMeta): PaneState {
  const { orientation, facing, focus } = pane;
  if (orientation === "oblique") return pane;
  const { index } = sliceRange(meta, orientation, facing, focus);
  return { ...pane, focus: focusOn({ geometry: meta, orientation, facing, focus, index }) };
}

export function atTimepoint(pane: PaneState, meta: LayerMeta, timepoint: number): PaneState {
  const last = Math.max(1, meta.timepoints) - 1;
  return { ...pane, timepoint: Math.round(Math.min(last, Math.max(0, timepoint))) };
}

export function withSlab(pane: PaneState, slab: Partial<Slab>): PaneState {
  const { mode = pane.slab.mode, thickness = pane.slab.thickness } = slab;
  return { ...pane, slab: { mode, thickness: Math.min(1000, Math.max(0.1, thickness)) } };
}

// Window

export function withWindow(pane: PaneState, window: Window, preset: string | null = null): PaneState {
  return { ...pane, window: { center: window.center, width: Math.max(1e-9, window.width) }, preset };
}

export function windowDragged(pane: PaneState, meta: LayerMeta, dx: number, dy: number): PaneState {
  return meta.components >= 3 ? pane : withWindow(pane, dragWindow(pane.window, meta, dx, dy));
}

// View

export function zoomed(pane: PaneState, meta: LayerMeta, size: Size, factor: number, at: readonly [number, number]): PaneState {
  const perMillimetre = pixelsPerMillimetre(meta, pane.facing, pane.view, size);
  return { ...pane, view: zoomedAt(pane.view, size, perMillimetre, factor, at) };
}

export function panned(pane: PaneState, right: number, down: number): PaneState {
  const { pan } = pane.view;
  return { ...pane, view: { ...pane.view, pan: [pan[0] + right, pan[1] + down] } };
}

/** Clockwise as the reader sees it, mirrored or not. What is in the middle of the screen stays there. */
export function rotated(pane: PaneState, degrees: number): PaneState {
  const { view } = pane;
  const mirrored = view.flipHorizontal !== view.flipVertical;
  const rotation = (((view.rotation + (mirrored ? -degrees : degrees)) % 360) + 360) % 360;
  return { ...pane, view: { ...view, rotation, pan: turnedPan(view.pan, degrees) } };
}

function turnedPan([right, down]: View["pan"], degrees: number): View["pan"] {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [right * cos - down * sin, right * sin + down * cos];
}

export function flipped(pane: PaneState, which: "horizontal" | "vertical"): PaneState {
  const { view } = pane;
  const [right, down] = view.pan;
  return which === "horizontal"
    ? { ...pane, view: { ...view, flipHorizontal: !view.flipHorizontal, pan: [-right, down] } }
    : { ...pane, view: { ...view, flipVertical: !view.flipVertical, pan: [right, -down] } };
}

export function fitted(pane: PaneState): PaneState {
  return { ...pane, view: { ...pane.view, zoom: 1, pan: [0, 0] } };
}

/** One stored pixel on one pixel of the device; the coarser side of pixels that are not square. */
export function oneToOne(pane: PaneState, meta: LayerMeta, size: Size, deviceRatio: number): PaneState {
  const now = pixelsPerMillimetre(meta, pane.facing, pane.view, size);
  const wanted = 1 / (Math.min(...meta.spacing.slice(0, 2)) * deviceRatio);
  return { ...pane, view: { ...pane.view, zoom: (pane.view.zoom * wanted) / now, pan: [0, 0] } };
}

/** View, window and look as the image opened; the slice stays. */
export function resetPane(pane: PaneState, meta: LayerMeta): PaneState {
  const { inverted, colorMap, interpolation, slab } = emptyPane(pane.id);
  const plain = { ...pane, ...openingWindow(meta), inverted, colorMap, interpolation, slab, view: FITTED };
  return pane.orientation === "oblique" ? withOrientation(plain, meta, "stored") : plain;
}
