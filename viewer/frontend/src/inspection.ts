/** `window.hounsfieldViewer`: what the viewer shows, read-only, for tests and for support. */

import { type PlaneName, PLANES } from "./core/planes";
import type { Drawing } from "./state/drawing";
import type { Viewer } from "./state/viewer";

export interface Inspection {
  /** Whether a picture of the wanted slice is on the screen, at any level. */
  readonly ready: boolean;
  readonly status: string;
  readonly plane: PlaneName;
  readonly index: number;
  readonly count: number;
  readonly timepoint: number;
  /** Lowest level on the screen; null when nothing is. */
  readonly level: number | null;
  /** Whether the picture is at full resolution. */
  readonly complete: boolean;
  readonly window: { readonly center: number; readonly width: number };
  readonly inverted: boolean;
  readonly zoom: number;
  readonly overlays: { readonly shown: boolean; readonly opacity: number; readonly layers: readonly string[] };
  readonly cursor: {
    readonly voxel: readonly number[];
    /** LPS millimetres. */
    readonly world: readonly number[];
    readonly value: readonly number[] | null;
    readonly exact: boolean;
  } | null;
  readonly loaded: { readonly slices: number; readonly previews: number; readonly full: number };
  readonly bytesReceived: number;
  /** Milliseconds since the navigation began. */
  readonly timings: Readonly<Record<string, number>>;
  goTo(plane: PlaneName, index: number): void;
}

declare global {
  interface Window {
    hounsfieldViewer?: Inspection;
  }
}

export function inspectionOf(viewer: Viewer, drawing: Drawing): Inspection {
  return {
    get ready() { return drawing.drawn.level !== null; },
    get status() { return viewer.status.kind; },
    get plane() { return viewer.state.plane; },
    get index() { return viewer.index; },
    get count() { return viewer.plane?.count ?? 0; },
    get timepoint() { return viewer.state.timepoint; },
    get level() { return drawing.drawn.level; },
    get complete() { return drawing.drawn.complete; },
    get window() { return { ...viewer.state.window }; },
    get inverted() { return viewer.state.inverted; },
    get zoom() { return viewer.view.zoom; },
    get overlays() {
      const { overlaysShown: shown, opacity } = viewer.state;
      return { shown, opacity, layers: viewer.shownOverlays.map((layer) => layer.meta.name) };
    },
    get cursor() {
      const cursor = viewer.cursor;
      return cursor && {
        voxel: cursor.voxel.map(Math.round),
        world: [...cursor.world],
        value: cursor.sample?.values ?? null,
        exact: cursor.sample?.exact ?? false,
      };
    },
    get loaded() { return countLoaded(viewer); },
    get bytesReceived() { return viewer.session.bytesReceived; },
    get timings() { return { ...viewer.timings.moments }; },
    goTo(plane, index) {
      if (!PLANES.includes(plane)) throw new RangeError(`There is no plane called ${String(plane)}.`);
      viewer.goTo(plane, index);
    },
  };
}

function countLoaded(viewer: Viewer): Inspection["loaded"] {
  const slices = viewer.image?.meta.size[2] ?? 0;
  const states = Array.from({ length: slices }, (_, k) => viewer.loadedState(k));
  return {
    slices,
    previews: states.filter((state) => state >= 0).length,
    full: states.filter((state) => state === 1).length,
  };
}
