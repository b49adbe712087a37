/** Which annotations a pane shows, and how a pane comes to show one. Pure. */

import type { Layer } from "../core/layer";
import type { LayerMeta, Vec3 } from "../core/meta";
import { isOriented } from "../core/oriented";
import { screenFacing } from "../render/camera";
import { facingOf, sliceRange } from "../render/sections";
import { dot } from "../render/vectors";
import { centroid } from "../tools/geometry";
import { type Piece, shownHandles, shownPieces } from "../tools/pieces";
import { toolNamed } from "../tools/registry";
import type { Cut } from "../tools/tool";
import { pointsOf } from "../tools/values";
import type { Annotation, Annotations } from "./annotations";
import { agree } from "./links";
import * as changes from "./pane-changes";
import type { PaneState } from "./workspace-state";

/** Cosine from which two planes count as parallel: about 2.5 degrees. */
const PARALLEL = 0.999;
/** Beyond half a slice a point of the volume is still shown so far (mm): it is looked for. */
const NEAR = 5;

/** One annotation in one pane. */
export interface Mark {
  readonly annotation: Annotation;
  readonly pieces: readonly Piece[];
  /** Null for those that are not in this plane. */
  readonly handles: readonly (Vec3 | null)[];
  /** Whether its middle lies in another slice: it is shown faintly. */
  readonly beside: boolean;
}

export function cutOf(state: PaneState, meta: LayerMeta): Cut {
  const { step } = sliceRange(meta, state.orientation, state.facing, state.focus);
  const reach = Math.max(step, state.slab.mode === "none" ? 0 : state.slab.thickness) / 2;
  return { facing: screenFacing(state.facing, state.view), point: state.focus, reach };
}

export function marksIn(state: PaneState, layer: Layer, annotations: Annotations, layers: readonly Layer[]): readonly Mark[] {
  const cut = cutOf(state, layer.meta);
  return annotations.all.flatMap((annotation): Mark[] => {
    if (annotations.isHidden(annotation.id) || !isOn(annotation, state, layer.meta, layers)) return [];
    const tool = toolNamed(annotation.tool);
    const pieces = shownPieces(tool, annotation.value, cut);
    if (pieces.length > 0) return [{ annotation, pieces, handles: shownHandles(tool, annotation.value, cut), beside: false }];
    if (!tool.spatial || tool.section) return [];
    const near = shownPieces(tool, annotation.value, { ...cut, reach: cut.reach + NEAR });
    return near.length > 0 ? [{ annotation, pieces: near, handles: [], beside: true }] : [];
  });
}

/** On the pane's image, or on one that lies in the same space; of a film only at its own time. */
function isOn({ image, frame }: Annotation, state: PaneState, meta: LayerMeta, layers: readonly Layer[]): boolean {
  if (image === meta.image) return meta.timepoints < 2 || !frame || frame.timepoint === state.timepoint;
  const own = layers.find((layer) => layer.meta.image === image)?.meta;
  return own !== undefined && agree(own, meta);
}

/** The pane with the annotation's plane and its middle in sight. `cuts`: whether other planes can be had. */
export function jumpedTo(pane: PaneState, meta: LayerMeta, { value, frame, tool }: Pick<Annotation, "value" | "frame" | "tool">, cuts: boolean): PaneState {
  const middle = centroid(pointsOf(value));
  const timed = frame ? changes.atTimepoint(pane, meta, frame.timepoint) : pane;
  const free = !frame || toolNamed(tool).spatial !== undefined || value.type === "Point";
  const facing = free ? timed : facingIt(timed, meta, frame.normal, frame.up, cuts);
  return changes.centered(changes.movedTo(facing, meta, middle), meta, middle);
}

/** The plane stays where it is parallel; else the named plane that is; else (if there are cuts) just this one. */
function facingIt(pane: PaneState, meta: LayerMeta, normal: Vec3, up: Vec3, cuts: boolean): PaneState {
  const parallel = (other: Vec3): boolean => Math.abs(dot(other, normal)) > PARALLEL;
  if (parallel(pane.facing.normal)) return pane;
  const names = cuts ? (["stored", "axial", "coronal", "sagittal"] as const) : (["stored"] as const);
  const name = names.find((each) => parallel(facingOf(meta, each, isOriented(meta)).normal));
  if (name) return changes.withOrientation(pane, meta, name);
  return cuts ? changes.withPlane(pane, meta, { normal, up }) : pane;
}
