/** `window.hounsfieldViewer`: what the viewer shows, for tests and for support. It tells; only `goTo` and `show` change. */

import type { Vec3 } from "./core/meta";
import { type PlaneName, PLANES } from "./core/planes";
import { namedPlane } from "./render/sections";
import { type MasksInspection, masksInspection } from "./mask-inspection";
import type { Camera, Pane, Point, Workspace } from "./state/workspace";
import type { Cine, Layout, LinkName, Orientation, PaneId, Slab } from "./state/workspace";

type Window_ = Readonly<Record<"center" | "width", number>>;

export interface PaneInspection {
  readonly id: PaneId;
  /** Name of the image; null in an empty pane. */
  readonly image: string | null;
  readonly orientation: Orientation;
  readonly index: number;
  readonly count: number;
  readonly timepoint: number;
  /** Lowest level on the screen; null when nothing is. */
  readonly level: number | null;
  /** Whether what was asked for last is on the screen at full resolution. */
  readonly complete: boolean;
  readonly window: Window_;
  readonly inverted: boolean;
  readonly colorMap: string;
  readonly interpolation: string;
  readonly slab: Slab;
  readonly zoom: number;
  readonly camera: Camera | null;
  readonly overlays: OverlayInspection;
  readonly cine: Cine;
  /** Frames drawn so far. */
  readonly draws: number;
}

export interface OverlayInspection {
  readonly shown: boolean;
  readonly opacity: number;
  readonly layers: readonly string[];
}

export interface Reading {
  /** Fractional index. */
  readonly voxel: readonly number[];
  /** LPS millimetres. */
  readonly world: readonly number[];
  readonly value: readonly number[] | null;
  /** False while only a preview is there. */
  readonly exact: boolean;
}

/** What `show` brings to a pane. */
export interface Shown {
  readonly orientation?: Exclude<Orientation, "oblique">;
  /** Any plane: directions in LPS; the normal points at the reader. */
  readonly normal?: Vec3;
  readonly up?: Vec3;
  readonly focalPoint?: Vec3;
  readonly slab?: Partial<Slab>;
  readonly timepoint?: number;
  readonly interpolation?: "nearest" | "linear";
}

export interface PlaceInspection {
  readonly name: string;
  readonly label: string;
  /** Left, top, width, height. */
  readonly box: readonly [number, number, number, number];
}

export interface AnnotationInspection {
  readonly id: string;
  readonly tool: string;
  readonly value: unknown;
  readonly label: string;
  readonly color: string;
  readonly author: string;
  readonly mine: boolean;
  readonly editable: boolean;
  readonly version: number;
  readonly saving: string;
  readonly question: string | null;
  /** CSS pixels in the active pane; null for those that are not in its plane. */
  readonly handles: readonly (Point | null)[];
}

/** The first part tells of the active pane. */
export interface Inspection {
  /** Whether a picture of the wanted slice is on the screen, at any level. */
  readonly ready: boolean;
  readonly status: string;
  readonly plane: PlaneName | "oblique";
  readonly index: number;
  readonly count: number;
  readonly timepoint: number;
  readonly level: number | null;
  readonly complete: boolean;
  readonly window: Window_;
  readonly inverted: boolean;
  readonly zoom: number;
  readonly overlays: OverlayInspection;
  readonly cursor: Reading | null;
  readonly loaded: { readonly slices: number; readonly previews: number; readonly full: number };
  readonly bytesReceived: number;
  /** Milliseconds since the navigation began. */
  readonly timings: Readonly<Record<string, number>>;
  readonly connection: { readonly status: string; readonly reconnects: number };
  readonly panes: readonly PaneInspection[];
  readonly active: PaneId;
  readonly layout: Layout;
  /** Of a hanging protocol: its key and where each pane lies, in shares of the screen; null in a grid. */
  readonly hanging: { readonly protocol: string; readonly places: readonly PlaceInspection[] } | null;
  readonly links: Readonly<Record<LinkName, boolean>>;
  readonly crosshairs: boolean;
  readonly annotations: readonly AnnotationInspection[];
  readonly selectedAnnotation: string | null;
  /** What is half drawn: its tool and places (LPS millimetres). */
  readonly draft: { readonly tool: string; readonly places: readonly (readonly number[])[] } | null;
  readonly masks: MasksInspection;
  goTo(plane: PlaneName, index: number): void;
  /** What lies under a point of a pane, in CSS pixels from its top left; the value is interpolated as the pane interpolates. */
  probe(pane: PaneId, x: number, y: number): Reading | null;
  /** Inverse of `probe` for points of the plane. */
  project(pane: PaneId, world: Vec3): Point;
  show(pane: PaneId, what: Shown): void;
  /** Every pane at full resolution, and drawn. */
  whenComplete(): Promise<void>;
  /** Every slice of the first image decoded. */
  whenAllDecoded(): Promise<void>;
}

declare global {
  interface Window {
    hounsfieldViewer?: Inspection;
  }
}

export function inspectionOf(workspace: Workspace): Inspection {
  return {
    get ready() { return workspace.active.drawn.level !== null; },
    get status() { return workspace.status.kind; },
    get plane() { return planeName(workspace.active); },
    get index() { return workspace.active.index; },
    get count() { return workspace.active.count; },
    get timepoint() { return workspace.active.state.timepoint; },
    get level() { return workspace.active.drawn.level; },
    get complete() { return workspace.isComplete(workspace.active); },
    get window() { return { ...workspace.active.state.window }; },
    get inverted() { return workspace.active.state.inverted; },
    get zoom() { return workspace.active.state.view.zoom; },
    get overlays() { return overlaysOf(workspace, workspace.active); },
    get cursor() { return reading(workspace.active.cursor); },
    get loaded() { return countLoaded(workspace.active); },
    get bytesReceived() { return workspace.session.bytesReceived; },
    get timings() { return { ...workspace.timings.moments }; },
    get connection() { return { status: workspace.status.kind, reconnects: workspace.session.reconnects }; },
    get panes() { return workspace.panes.map((pane) => inspected(workspace, pane)); },
    get active() { return workspace.state.active; },
    get layout() { return { ...workspace.state.layout }; },
    get hanging() { return hangingOf(workspace); },
    get links() { return { ...workspace.state.links }; },
    get crosshairs() { return workspace.state.crosshairs; },
    get annotations() { return annotationsOf(workspace); },
    get selectedAnnotation() { return workspace.annotations.selected?.id ?? null; },
    get draft() {
      const { draft } = workspace.drawing;
      return draft && { tool: draft.tool, places: draft.places };
    },
    masks: masksInspection(workspace.masks, () => workspace.maskHand.busy),
    goTo(plane, index) {
      if (!PLANES.includes(plane)) throw new RangeError(`There is no plane called ${String(plane)}.`);
      const { active } = workspace;
      if (planeName(active) !== plane) active.showOrientation(plane);
      active.goTo(index);
    },
    probe: (pane, x, y) => reading(workspace.pane(pane).probe(x, y)),
    project: (pane, world) => workspace.pane(pane).project(world),
    show: (pane, what) => { show(workspace.pane(pane), what); },
    whenComplete: () => workspace.whenComplete(),
    whenAllDecoded: () => workspace.session.whenAllDecoded(),
  };
}

function inspected(workspace: Workspace, pane: Pane): PaneInspection {
  const { state } = pane;
  return {
    id: pane.id,
    image: pane.layer?.meta.name ?? null,
    orientation: state.orientation,
    index: pane.index,
    count: pane.count,
    timepoint: state.timepoint,
    level: pane.drawn.level,
    complete: workspace.isComplete(pane),
    window: { ...state.window },
    inverted: state.inverted,
    colorMap: state.colorMap,
    interpolation: state.interpolation,
    slab: { ...state.slab },
    zoom: state.view.zoom,
    camera: pane.camera,
    overlays: overlaysOf(workspace, pane),
    cine: { ...state.cine },
    draws: workspace.screen.draws(pane.id),
  };
}

function hangingOf({ state: { hanging } }: Workspace): Inspection["hanging"] {
  if (!hanging) return null;
  const places = hanging.places.map(({ name, label, left, top, width, height }): PlaceInspection => ({
    name, label, box: [left, top, width, height],
  }));
  return { protocol: hanging.protocol, places };
}

function annotationsOf(workspace: Workspace): readonly AnnotationInspection[] {
  const { active } = workspace;
  const marks = new Map(active.marks.map((mark) => [mark.annotation.id, mark]));
  return workspace.annotations.all.map(({ id, tool, value, label, color, author, mine, editable, version, saving, question }) => ({
    id, tool, value, label, color, author, mine, editable, version, saving, question,
    handles: (marks.get(id)?.handles ?? []).map((handle) => handle && active.project(handle)),
  }));
}

function planeName(pane: Pane): PlaneName | "oblique" {
  const meta = pane.layer?.meta;
  if (!meta) return "axial";
  return namedPlane(meta, pane.state.orientation)?.name ?? "oblique";
}

function overlaysOf(workspace: Workspace, pane: Pane): OverlayInspection {
  const { overlaysShown: shown, overlayOpacity: opacity } = pane.state;
  const layers = workspace.inputsOf(pane.state)?.overlays ?? [];
  return { shown, opacity, layers: layers.map((layer) => layer.meta.name) };
}

function reading(cursor: Pane["cursor"]): Reading | null {
  return cursor && {
    voxel: [...cursor.voxel],
    world: [...cursor.world],
    value: cursor.sample?.values ?? null,
    exact: cursor.sample?.exact ?? false,
  };
}

function show(pane: Pane, what: Shown): void {
  const { orientation, normal, up, focalPoint, slab, timepoint, interpolation } = what;
  if (timepoint !== undefined) pane.showTimepoint(timepoint);
  if (interpolation) pane.setInterpolation(interpolation);
  if (orientation) pane.showOrientation(orientation);
  if (normal && up) pane.showPlane(focalPoint ? { normal, up, focalPoint } : { normal, up });
  else if (focalPoint) pane.center(focalPoint);
  if (slab) pane.setSlab(slab);
}

function countLoaded(pane: Pane): Inspection["loaded"] {
  const slices = pane.layer?.meta.size[2] ?? 0;
  const states = Array.from({ length: slices }, (_, k) => pane.loadedState(k));
  return {
    slices,
    previews: states.filter((state) => state >= 0).length,
    full: states.filter((state) => state === 1).length,
  };
}
