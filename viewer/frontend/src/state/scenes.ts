/** From what the reader chose to what the renderer draws and the session loads. Pure. */

import type { Layer } from "../core/layer";
import type { LayerMeta } from "../core/meta";
import type { Demand, ViewDemand } from "../core/wants";
import { windowBounds } from "../core/window-level";
import { type Camera, type Size, cameraOf } from "../render/camera";
import { type OverlayLook, overlayKind } from "../render/overlay-colors";
import type { OverlayScene, Scene } from "../render/scene";
import { extentAlong, isStored } from "../render/sections";
import { STORED_AXIS } from "../core/planes";
import { axisDirection, worldToVoxel } from "../core/geometry";
import { dot } from "../render/vectors";
import { liesOnGrid } from "./overlays";
import { DEFAULT_OVERLAY, type OverlayState, type PaneState } from "./workspace-state";

/** A pane with the layers that its numbers mean. */
export interface PaneInputs {
  readonly state: PaneState;
  readonly layer: Layer;
  /** Overlays on the screen, in the order in which they are drawn. */
  readonly overlays: readonly Layer[];
}

export function overlayState(pane: PaneState, layer: number): OverlayState {
  return pane.overlays[layer] ?? DEFAULT_OVERLAY;
}

export function cameraFor(state: PaneState, meta: LayerMeta, size: Size): Camera {
  return cameraOf(meta, state, state.view, size);
}

/** Stored slice that is shown as it is; null when the picture is a cut through the volume. */
export function shownSlice({ state, layer, overlays }: PaneInputs): number | null {
  const { meta } = layer;
  if (!isStored(meta, state.orientation) || state.slab.mode !== "none") return null;
  return overlays.every((overlay) => liesOnGrid(meta, overlay.meta)) ? sliceAtFocus(state, meta) : null;
}

function sliceAtFocus({ focus }: PaneState, meta: LayerMeta): number {
  const k = Math.round(worldToVoxel(meta, focus)[STORED_AXIS]);
  return Math.min(meta.size[STORED_AXIS] - 1, Math.max(0, k));
}

export function sceneOf(inputs: PaneInputs, size: Size): Scene {
  const { state, layer, overlays } = inputs;
  return {
    layer,
    timepoint: state.timepoint,
    stored: shownSlice(inputs),
    camera: cameraFor(state, layer.meta, size),
    bounds: windowBounds(state.window),
    inverted: state.inverted,
    colorMap: state.colorMap,
    interpolation: state.interpolation,
    slab: state.slab,
    overlays: overlays.map((overlay): OverlayScene => ({ layer: overlay, look: lookOf(state, overlay) })),
  };
}

function lookOf(pane: PaneState, { index, meta, hidden, revision }: Layer): OverlayLook {
  const { opacity, colorMap, threshold, smooth, hiddenLabels } = overlayState(pane, index);
  const shared = opacity * pane.overlayOpacity;
  if (overlayKind(meta) === "labels") {
    return { kind: "labels", opacity: shared, hidden: new Set([...hiddenLabels, ...hidden]), revision };
  }
  return { kind: "heat", opacity: shared, colorMap, range: threshold ?? meta.range ?? [0, 1], smooth };
}

/** What to load for the panes on the screen, the active one first. */
export function demandOf(panes: readonly PaneInputs[]): Demand {
  const sent = panes.map((pane) => ({ ...pane, overlays: pane.overlays.filter(({ local }) => !local) }));
  const layers = new Map<number, Layer>();
  for (const { layer, overlays } of sent) for (const each of [layer, ...overlays]) layers.set(each.index, each);
  return { layers: [...layers.values()].map((layer) => layer.demand()), views: sent.flatMap(viewsOf) };
}

/** Overlays on another grid have slices of their own: a view each. */
function viewsOf(inputs: PaneInputs): ViewDemand[] {
  const { state, layer, overlays } = inputs;
  const { meta } = layer;
  const onGrid = overlays.filter((overlay) => liesOnGrid(meta, overlay.meta));
  const { timepoint, direction } = state;
  const playing = state.cine.playing && state.cine.over === "time";
  const stored = shownSlice(inputs) !== null;
  const own: ViewDemand = {
    layers: [layer, ...onGrid].map(({ index }) => index),
    slice: sliceAtFocus(state, meta),
    timepoint,
    direction: isStored(meta, state.orientation) ? direction : 0,
    stored,
    playing,
    span: stored ? undefined : spanOf(state, meta),
  };
  const others = overlays.filter((overlay) => !onGrid.includes(overlay));
  return [
    own,
    ...others.map((overlay): ViewDemand => ({
      layers: [overlay.index],
      slice: sliceAtFocus(state, overlay.meta),
      timepoint,
      direction,
      stored: false,
    })),
  ];
}

/** First and last stored slice that a slab or a plane along the stored slices goes through; undefined: all of them. */
function spanOf(state: PaneState, meta: LayerMeta): readonly [number, number] | undefined {
  const { facing, slab, focus } = state;
  const along = Math.abs(dot(axisDirection(meta, STORED_AXIS), facing.normal));
  if (along < 1 - 1e-6) return undefined;
  const half = slab.mode === "none" ? 0 : Math.min(slab.thickness, extentAlong(meta, facing.normal)) / 2;
  const center = worldToVoxel(meta, focus)[STORED_AXIS];
  const reach = half / meta.spacing[STORED_AXIS];
  const last = meta.size[STORED_AXIS] - 1;
  return [Math.max(0, Math.floor(center - reach)), Math.min(last, Math.ceil(center + reach))];
}
