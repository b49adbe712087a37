/** Everything the reader can change, as one immutable value. Points and directions are LPS millimetres. */

import type { MaskTool } from "../core/masks/tools";
import type { Place } from "../core/hanging";
import type { Vec3 } from "../core/meta";
import type { Window } from "../core/window-level";
import type { View } from "../render/camera";
import type { Interpolation, Slab, SlabMode } from "../render/scene";
import type { Facing, Orientation } from "../render/sections";
import type { DrawingTool } from "../tools/registry";

export type { Place };
export type { Facing, Interpolation, Orientation, Slab, SlabMode, View };

export type NavigationTool = "window" | "scroll" | "pan" | "zoom" | "crosshairs" | "rotate";
/** What a mouse button does; those that draw are only ever on the left one. */
export type Tool = NavigationTool | DrawingTool | MaskTool;
export type MouseButton = "left" | "middle" | "right";
export type LinkName = "scroll" | "zoom" | "pan" | "window";
/** Names of `render/color-maps.ts`; `grey` is none. */
export type ColorMapName = string;
/** Position of a pane in reading order, from 0; what a pane shows survives a smaller layout in between. */
export type PaneId = number;

export interface Layout {
  readonly rows: 1 | 2 | 3;
  readonly columns: 1 | 2 | 3;
}

/** Viewports beyond a grid: where they lie by their protocol, and where the reader put them. Pane i is viewport i. */
export interface Hanging {
  /** Key of the protocol; empty while it is being drawn in the editor. */
  readonly protocol: string;
  readonly title: string;
  readonly home: readonly Place[];
  /** The number of the viewport whose place each takes. */
  readonly taken: readonly number[];
  /** `home` after `taken`. */
  readonly places: readonly Place[];
  /** Socket of what a viewport shows in place of an image, such as a chart; null where it is none. */
  readonly values: readonly (string | null)[];
}

/** One overlay of one pane. */
export interface OverlayState {
  readonly shown: boolean;
  /** Of this overlay alone; multiplied with the pane's `overlayOpacity`. */
  readonly opacity: number;
  /** Heat maps only: label maps have a color per label. */
  readonly colorMap: ColorMapName;
  /** Heat maps only: values shown; outside it is transparent below and saturated above. Null: the whole range. */
  readonly threshold: readonly [low: number, high: number] | null;
  /** Heat maps only: values between voxels are worked out. */
  readonly smooth: boolean;
  /** Label maps only. */
  readonly hiddenLabels: ReadonlySet<number>;
}

export interface Cine {
  readonly playing: boolean;
  readonly fps: number;
  /** What runs: time points of a 4D image, else slices. */
  readonly over: "time" | "slices";
}

export interface PaneState {
  readonly id: PaneId;
  /** Layer shown as the picture; null in an empty pane. */
  readonly image: number | null;
  readonly orientation: Orientation;
  readonly facing: Facing;
  /** The point through which the plane goes; with crosshairs, where they cross. */
  readonly focus: Vec3;
  /** Sign of the last scroll step; 0 before the first. */
  readonly direction: -1 | 0 | 1;
  readonly timepoint: number;
  readonly window: Window;
  /** Preset that the window came from; null once dragged. */
  readonly preset: string | null;
  readonly inverted: boolean;
  readonly colorMap: ColorMapName;
  readonly interpolation: Interpolation;
  readonly view: View;
  readonly slab: Slab;
  readonly overlaysShown: boolean;
  readonly overlayOpacity: number;
  /** By layer; an overlay without an entry is as `DEFAULT_OVERLAY` says. */
  readonly overlays: Readonly<Record<number, OverlayState>>;
  readonly cine: Cine;
  /** Pointer on the pane in CSS pixels, null when outside. */
  readonly pointer: readonly [number, number] | null;
}

export interface WorkspaceState {
  readonly layout: Layout;
  /** In place of the layout, if not null. */
  readonly hanging: Hanging | null;
  /** Panes of the layout in reading order: rows × columns of them. */
  readonly panes: readonly PaneState[];
  readonly active: PaneId;
  /** A pane that fills the whole workspace for now. */
  readonly maximized: PaneId | null;
  readonly tools: Readonly<Record<MouseButton, Tool>>;
  readonly links: Readonly<Record<LinkName, boolean>>;
  /** Lines in each pane where the planes of the others cut it. */
  readonly crosshairs: boolean;
}

export const FITTED: View = { zoom: 1, pan: [0, 0], rotation: 0, flipHorizontal: false, flipVertical: false };

export const NO_SLAB: Slab = { mode: "none", thickness: 10 };

export const DEFAULT_OVERLAY: OverlayState = {
  shown: true,
  opacity: 1,
  colorMap: "hot-iron",
  threshold: null,
  smooth: true,
  hiddenLabels: new Set(),
};

export function emptyPane(id: PaneId): PaneState {
  return {
    id,
    image: null,
    orientation: "stored",
    facing: { normal: [0, 0, -1], up: [0, -1, 0] },
    focus: [0, 0, 0],
    direction: 0,
    timepoint: 0,
    window: { center: 127.5, width: 255 },
    preset: null,
    inverted: false,
    colorMap: "grey",
    interpolation: "linear",
    view: FITTED,
    slab: NO_SLAB,
    overlaysShown: true,
    overlayOpacity: 0.45,
    overlays: {},
    cine: { playing: false, fps: 12, over: "slices" },
    pointer: null,
  };
}

export const INITIAL_WORKSPACE: WorkspaceState = {
  layout: { rows: 1, columns: 1 },
  hanging: null,
  panes: [emptyPane(0)],
  active: 0,
  maximized: null,
  tools: { left: "window", middle: "pan", right: "zoom" },
  links: { scroll: false, zoom: false, pan: false, window: false },
  crosshairs: false,
};
