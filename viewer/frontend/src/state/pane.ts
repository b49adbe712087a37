/* eslint-disable @typescript-eslint/no-unused-vars -- the verbs are filled in next */
/** One pane of the workspace: what panels call and read. Holds no state of its own that a reader could change. */

import type { Layer } from "../core/layer";
import type { Vec3 } from "../core/meta";
import type { Sample } from "../core/sample";
import type { Preset, Window } from "../core/window-level";
import type { Camera, Point } from "../render/camera";
import type { Drawn } from "../render/scene";
import type { OverlayChoice } from "./overlays";
import type { Workspace } from "./workspace";
import type {
  ColorMapName,
  Interpolation,
  LinkName,
  Orientation,
  OverlayState,
  PaneId,
  PaneState,
  Slab,
} from "./workspace-state";

export type { Camera, Drawn, Point };

export interface Cursor {
  /** Fractional voxel index of the pane's image. */
  readonly voxel: Vec3;
  readonly world: Vec3;
  /** Null outside the grid or before anything is loaded. */
  readonly sample: Sample | null;
}

/** Where the plane of another pane cuts this one, in CSS pixels from the top left, from edge to edge. */
export interface ReferenceLine {
  readonly pane: PaneId;
  readonly orientation: Orientation;
  readonly from: Point;
  readonly to: Point;
}

export type Side = "left" | "right" | "top" | "bottom";

export class Pane {
  readonly id: PaneId;
  private readonly workspace: Workspace;

  constructor(workspace: Workspace, id: PaneId) {
    this.workspace = workspace;
    this.id = id;
  }

  get state(): PaneState { return this.workspace.stateOf(this.id); }
  get isActive(): boolean { return this.workspace.state.active === this.id; }
  get layer(): Layer | undefined { return undefined; }

  /** Puts the picture into `element`, which panels size; the pane follows its size. Nothing else may be removed from it. */
  mount(_element: HTMLElement): void { return; }
  unmount(): void { return; }
  get size(): { readonly width: number; readonly height: number } { return { width: 1, height: 1 }; }

  // Image, plane and slice

  showImage(_layer: number): void { return; }
  showOrientation(_orientation: Exclude<Orientation, "oblique">): void { return; }
  /** Any plane: `normal` points at the reader. */
  showPlane(_plane: { normal: Vec3; up: Vec3; focalPoint?: Vec3 }): void { return; }
  /** Turns the plane about its own horizontal and vertical axis, in degrees; it becomes oblique. */
  tilt(_aboutVertical: number, _aboutHorizontal: number): void { return; }
  get index(): number { return 0; }
  get count(): number { return 0; }
  goTo(_index: number): void { return; }
  step(_slices: number): void { return; }
  /** Brings the plane to a point of the patient; with crosshairs or linked scrolling the other panes follow. */
  moveTo(_world: Vec3): void { return; }
  /** A click with the crosshairs: `moveTo` what lies under the point. */
  focusAt(_x: number, _y: number): void { return; }
  showTimepoint(_timepoint: number): void { return; }
  setSlab(_slab: Partial<Slab>): void { return; }
  /** Why a slab, a plane or an overlay cannot be had here; null when it can. */
  get refusal(): string | null { return null; }
  play(_fps?: number): void { return; }
  pause(): void { return; }

  // Look

  get presets(): readonly Preset[] { return []; }
  setWindow(_window: Window, _preset?: string | null): void { return; }
  dragWindow(_dx: number, _dy: number): void { return; }
  applyPreset(_id: string): void { return; }
  setInverted(_inverted: boolean): void { return; }
  setColorMap(_name: ColorMapName): void { return; }
  setInterpolation(_interpolation: Interpolation): void { return; }

  // View

  /** The point under (x, y) stays there; the middle of the pane without one. */
  zoomBy(_factor: number, _x?: number, _y?: number): void { return; }
  /** By CSS pixels. */
  panBy(_dx: number, _dy: number): void { return; }
  /** Degrees, clockwise. */
  rotateBy(_degrees: number): void { return; }
  flip(_which: "horizontal" | "vertical"): void { return; }
  fit(): void { return; }
  /** One stored pixel on one pixel of the device. */
  oneToOne(): void { return; }
  reset(): void { return; }

  // Overlays

  get overlays(): OverlayChoice { return { fitting: [], refused: [] }; }
  overlay(_layer: number): OverlayState | undefined { return undefined; }
  /** Whether an overlay has labels (a color each) or values (a color map). */
  overlayKind(_layer: number): "labels" | "heat" { return "labels"; }
  showOverlays(_shown: boolean): void { return; }
  setOverlayOpacity(_opacity: number): void { return; }
  setOverlay(_layer: number, _patch: Partial<OverlayState>): void { return; }
  toggleLabel(_layer: number, _label: number): void { return; }

  // Readings

  setPointer(_pointer: Point | null): void { return; }
  get cursor(): Cursor | null { return null; }
  /** What lies under a point of the pane; null outside the picture. */
  at(_x: number, _y: number): Cursor | null { return null; }
  project(_world: Vec3): Point { return [0, 0]; }
  get camera(): Camera | null { return null; }
  get drawn(): Drawn { return { level: null, complete: false }; }
  /** Patient letters at the edges; empty for photographs. */
  get labels(): Readonly<Record<Side, string>> { return { left: "", right: "", top: "", bottom: "" }; }
  /** CSS pixels per millimetre; null where millimetres mean nothing. */
  get scale(): number | null { return null; }
  /** The position of the plane as people say it: `S 12.3`; empty where it means nothing. */
  get positionLabel(): string { return ""; }
  get referenceLines(): readonly ReferenceLine[] { return []; }
  /** Level held of stored slice `k` now: -1 nothing, 0 some preview, 1 everything. */
  loadedState(_k: number): -1 | 0 | 1 { return -1; }
  /** Whether the pane shows one stored slice as it is, and not a cut through many. */
  get showsStored(): boolean { return true; }
  /** Whether the workspace's links join this pane for `name`. */
  isLinked(_name: LinkName): boolean { return false; }
}
