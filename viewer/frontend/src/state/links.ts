/** What linked panes do when one of them was changed. Pure. */

import type { LayerMeta } from "../core/meta";
import { isOriented } from "../core/oriented";
import { limitedZoom } from "../render/camera";
import { sharesSpace, sliceRange } from "../render/sections";
import { dot } from "../render/vectors";
import { atIndex, atTimepoint, movedTo } from "./pane-changes";
import type { LinkName, PaneState } from "./workspace-state";

/** Cosine from which two planes count as parallel: about 2.5 degrees. */
const PARALLEL = 0.999;

export interface Linked {
  readonly state: PaneState;
  readonly meta: LayerMeta;
}

/** Whether positions in one image mean the same place in the other. */
export function agree(a: LayerMeta, b: LayerMeta): boolean {
  return a.image === b.image || (isOriented(a) && isOriented(b) && sharesSpace(a, b));
}

/** `other` after the change of a pane from `before` to `after`. */
export function followed(name: LinkName, other: Linked, before: PaneState, after: Linked): PaneState {
  if (name === "scroll") return scrolledAlong(other, before, after);
  if (name === "zoom") return zoomedAlong(other.state, before, after.state);
  if (name === "pan") return pannedAlong(other.state, before, after.state);
  return windowedAlong(other, after);
}

/** By place where the planes lie in one space and are parallel, by the same number of slices where they do not share one. */
function scrolledAlong({ state, meta }: Linked, before: PaneState, after: Linked): PaneState {
  const moment = meta.timepoints === after.meta.timepoints && after.state.timepoint !== before.timepoint;
  const timed = moment ? atTimepoint(state, meta, after.state.timepoint) : state;
  if (after.state.focus === before.focus) return timed;
  if (agree(meta, after.meta)) {
    const parallel = Math.abs(dot(state.facing.normal, after.state.facing.normal)) > PARALLEL;
    return parallel ? movedTo(timed, meta, after.state.focus) : timed;
  }
  const index = (pane: PaneState, of: LayerMeta): number => sliceRange(of, pane.orientation, pane.facing, pane.focus).index;
  const slices = index(after.state, after.meta) - index(before, after.meta);
  return slices === 0 ? timed : atIndex(timed, meta, index(state, meta) + slices);
}

function zoomedAlong(state: PaneState, before: PaneState, after: PaneState): PaneState {
  const factor = after.view.zoom / before.view.zoom;
  return { ...state, view: { ...state.view, zoom: limitedZoom(state.view.zoom * factor) } };
}

function pannedAlong(state: PaneState, before: PaneState, after: PaneState): PaneState {
  const [right, down] = state.view.pan;
  const moved = [after.view.pan[0] - before.view.pan[0], after.view.pan[1] - before.view.pan[1]] as const;
  return { ...state, view: { ...state.view, pan: [right + moved[0], down + moved[1]] } };
}

/** Numbers of one unit are comparable; arbitrary ones of different images are not. */
function windowedAlong({ state, meta }: Linked, after: Linked): PaneState {
  const comparable = meta.image === after.meta.image || (meta.unit !== "" && meta.unit === after.meta.unit);
  if (!comparable || meta.components >= 3) return state;
  const { window, preset } = after.state;
  return { ...state, window, preset };
}
