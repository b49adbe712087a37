/** One pane of the workspace: what panels call and read. Holds no state of its own that a reader could change. */

import { type Axis, axisDirection, orientationLabel, positionLabel, worldToVoxel } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { LayerMeta, Vec3 } from "../core/meta";
import { isOriented } from "../core/oriented";
import type { DecodedSlice } from "../core/pixels";
import type { Sample } from "../core/sample";
import { type Preset, type Window, percentileWindow, presetsFor } from "../core/window-level";
import {
  type Camera,
  type Point,
  type Size,
  crossing,
  pixelsPerMillimetre,
  screenFacing,
  screenToWorld,
  worldToScreen,
} from "../render/camera";
import { type OverlayKind, overlayKind } from "../render/overlay-colors";
import { sampleVoxel } from "../render/sampling";
import type { Drawn } from "../render/scene";
import { isStored, namedPlane, rightOf, sliceRange } from "../render/sections";
import { negate } from "../render/vectors";
import { agree } from "./links";
import { ownPresets } from "./own-presets";
import type { Cut } from "../tools/tool";
import type { Ground } from "./drawing";
import { type Mark, cutOf, jumpedTo, marksIn } from "./marks";
import { type OverlayChoice, overlaysFor } from "./overlays";
import * as changes from "./pane-changes";
import { cameraFor, overlayState, shownSlice } from "./scenes";
import type { Workspace } from "./workspace";
import type {
  Cine,
  ColorMapName,
  Interpolation,
  LinkName,
  Orientation,
  OverlayState,
  PaneId,
  PaneState,
  Place,
  Slab,
} from "./workspace-state";

export type { Camera, Drawn, Point };

export interface Cursor {
  /** Fractional voxel index of the pane's image. */
  readonly voxel: Vec3;
  readonly world: Vec3;
  /** Of the nearest voxel; null before anything is loaded. */
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

const MIN_FPS = 1;
const MAX_FPS = 60;
const NO_LABELS: Readonly<Record<Side, string>> = { left: "", right: "", top: "", bottom: "" };

export class Pane {
  readonly id: PaneId;
  private readonly workspace: Workspace;

  constructor(workspace: Workspace, id: PaneId) {
    this.workspace = workspace;
    this.id = id;
  }

  get state(): PaneState { return this.workspace.stateOf(this.id); }
  get isActive(): boolean { return this.workspace.state.active === this.id; }
  get layer(): Layer | undefined { return this.workspace.layerOf(this.state); }

  /** Puts the picture into `element`, which panels size; the pane follows its size. */
  mount(element: HTMLElement): void {
    this.workspace.screen.mount(this.id, element);
    this.workspace.sync();
  }

  unmount(): void {
    this.workspace.screen.unmount(this.id);
  }

  get size(): Size { return this.workspace.screen.size(this.id); }

  // Image, plane and slice

  showImage(layer: number): void {
    if (layer !== this.state.image) this.workspace.open(this.id, layer);
  }

  showOrientation(orientation: Exclude<Orientation, "oblique">): void {
    const { layer } = this;
    if (!layer || this.state.orientation === orientation) return;
    if (!isStored(layer.meta, orientation) && this.refused()) return;
    this.change((state, meta) => changes.withOrientation(state, meta, orientation));
  }

  /** Any plane: `normal` points at the reader. With a focal point the plane goes through it and shows it in the middle. */
  showPlane({ normal, up, focalPoint }: { normal: Vec3; up: Vec3; focalPoint?: Vec3 }): void {
    if (!this.refused()) this.change((state, meta) => changes.withPlane(state, meta, { normal, up }, focalPoint));
  }

  /** Turns the plane about its own vertical and horizontal axis, in degrees; it becomes oblique. */
  tilt(aboutVertical: number, aboutHorizontal: number): void {
    if (!this.refused()) this.change((state) => changes.tilted(state, aboutVertical, aboutHorizontal));
  }

  get index(): number { return this.range?.index ?? 0; }
  get count(): number { return this.range?.count ?? 0; }

  goTo(index: number): void {
    this.change((state, meta) => changes.atIndex(state, meta, index), "scroll");
  }

  step(slices: number): void {
    this.goTo(this.index + slices);
  }

  /** Brings the plane to a point of the patient; with crosshairs the other panes that show that point follow. */
  moveTo(world: Vec3): void {
    const { layer, workspace } = this;
    if (!layer) return;
    if (!workspace.state.crosshairs) {
      this.change((state, meta) => changes.movedTo(state, meta, world), "scroll");
      return;
    }
    workspace.changeAll((state, meta) =>
      state.id === this.id || agree(layer.meta, meta) ? changes.movedTo(state, meta, world) : state,
    );
  }

  /** Brings the plane to a point and the point to the middle of the pane. */
  center(world: Vec3): void {
    this.change((state, meta) => changes.centered(changes.movedTo(state, meta, world), meta, world));
  }

  /** A click with the crosshairs: `moveTo` what lies under the point. */
  focusAt(x: number, y: number): void {
    const cursor = this.at(x, y);
    if (cursor) this.moveTo(cursor.world);
  }

  showTimepoint(timepoint: number): void {
    this.change((state, meta) => changes.atTimepoint(state, meta, timepoint), "scroll");
  }

  setSlab(slab: Partial<Slab>): void {
    const mode = slab.mode ?? this.state.slab.mode;
    if (mode === "none" || !this.refused()) this.change((state) => changes.withSlab(state, slab));
  }

  /** Back to stored slices, which need no volume. */
  showStored(): void {
    this.setSlab({ mode: "none" });
    this.showOrientation("stored");
  }

  /** Why what the pane is to show cannot be shown, in words; null when it can. */
  get refusal(): string | null {
    return this.showsStored ? null : this.cutRefusal;
  }

  /** Why other planes and slabs cannot be had here, in words; null when they can. */
  get cutRefusal(): string | null {
    const { layer, state } = this;
    if (!layer) return "There is no image in this pane.";
    if (layer.meta.size[2] < 2) return "This image is a single slice: it has no other planes.";
    return this.workspace.screen.engine?.volumes.refusal(layer, state.timepoint) ?? null;
  }

  play(fps = this.state.cine.fps): void {
    this.setCine({ playing: true, fps: Math.min(MAX_FPS, Math.max(MIN_FPS, fps)) });
  }

  pause(): void {
    this.setCine({ playing: false });
  }

  setCine(cine: Partial<Cine>): void {
    this.change((state) => ({ ...state, cine: { ...state.cine, ...cine } }));
  }

  /** The next picture while playing; after the last comes the first. */
  advance(): void {
    const { cine, timepoint } = this.state;
    const timepoints = this.layer?.meta.timepoints ?? 1;
    if (cine.over === "time" && timepoints > 1) this.showTimepoint((timepoint + 1) % timepoints);
    else if (this.count > 0) this.goTo((this.index + 1) % this.count);
  }

  // Look

  /** Those of the study and the reader come first. */
  get presets(): readonly Preset[] {
    const meta = this.layer?.meta;
    if (!meta || meta.components >= 3) return [];
    return [...ownPresets(this.workspace.arrangement.settings), ...presetsFor(meta)];
  }

  setWindow(window: Window, preset: string | null = null): void {
    this.change((state) => changes.withWindow(state, window, preset), "window");
  }

  dragWindow(dx: number, dy: number): void {
    this.change((state, meta) => changes.windowDragged(state, meta, dx, dy), "window");
  }

  applyPreset(id: string): void {
    const preset = this.presets.find((candidate) => candidate.id === id);
    const window = preset?.window ?? (preset && percentileWindow(this.previews(), preset.percentiles));
    if (window) this.setWindow(window, id);
  }

  setInverted(inverted: boolean): void { this.change((state) => ({ ...state, inverted })); }
  setColorMap(colorMap: ColorMapName): void { this.change((state) => ({ ...state, colorMap })); }
  setInterpolation(interpolation: Interpolation): void { this.change((state) => ({ ...state, interpolation })); }

  // View

  /** The point under (x, y) stays there; the middle of the pane without one. */
  zoomBy(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    this.change((state, meta) => changes.zoomed(state, meta, this.size, factor, [x, y]), "zoom");
  }

  /** By CSS pixels. */
  panBy(dx: number, dy: number): void {
    const scale = this.pixelsPerMillimetre;
    if (scale) this.change((state) => changes.panned(state, dx / scale, dy / scale), "pan");
  }

  /** Degrees, clockwise. */
  rotateBy(degrees: number): void { this.change((state) => changes.rotated(state, degrees)); }
  flip(which: "horizontal" | "vertical"): void { this.change((state) => changes.flipped(state, which)); }
  fit(): void { this.change((state) => changes.fitted(state)); }

  /** One stored pixel on one pixel of the device. */
  oneToOne(): void {
    const ratio = window.devicePixelRatio || 1;
    this.change((state, meta) => changes.oneToOne(state, meta, this.size, ratio), "zoom");
  }

  reset(): void { this.change(changes.resetPane); }

  // Overlays

  get overlays(): OverlayChoice {
    const { layer, workspace, state } = this;
    if (!layer) return { fitting: [], refused: [] };
    const { engine } = workspace.screen;
    return overlaysFor(layer, workspace.session.layers, (each) => engine?.volumes.refusal(each, state.timepoint) ?? null);
  }

  overlay(layer: number): OverlayState { return overlayState(this.state, layer); }

  /** Whether an overlay has labels (a color each) or values (a color map). */
  overlayKind(layer: number): OverlayKind {
    const meta = this.workspace.session.layers[layer]?.meta;
    return meta ? overlayKind(meta) : "labels";
  }

  showOverlays(overlaysShown: boolean): void { this.change((state) => ({ ...state, overlaysShown })); }

  setOverlayOpacity(opacity: number): void {
    this.change((state) => ({ ...state, overlayOpacity: Math.min(1, Math.max(0, opacity)) }));
  }

  setOverlay(layer: number, patch: Partial<OverlayState>): void {
    this.change((state) => {
      const overlay = { ...overlayState(state, layer), ...patch };
      return { ...state, overlays: { ...state.overlays, [layer]: overlay } };
    });
  }

  toggleLabel(layer: number, label: number): void {
    const hiddenLabels = new Set(this.overlay(layer).hiddenLabels);
    if (!hiddenLabels.delete(label)) hiddenLabels.add(label);
    this.setOverlay(layer, { hiddenLabels });
  }

  // Readings

  setPointer(pointer: Point | null): void { this.workspace.setPointer(this.id, pointer); }

  get cursor(): Cursor | null {
    const { pointer } = this.state;
    return pointer && this.at(...pointer);
  }

  /** What lies under a point of the pane; null outside the picture. */
  at(x: number, y: number): Cursor | null {
    return this.read(x, y, "nearest");
  }

  /** The same with the value interpolated as the pane interpolates. */
  probe(x: number, y: number): Cursor | null {
    return this.read(x, y, this.state.interpolation);
  }

  project(world: Vec3): Point {
    const { camera } = this;
    return camera ? worldToScreen(camera, this.size, world) : [0, 0];
  }

  get camera(): Camera | null {
    return this.layer ? cameraFor(this.state, this.layer.meta, this.size) : null;
  }

  get drawn(): Drawn { return this.workspace.screen.drawn(this.id); }

  /** Patient letters at the edges; empty for photographs. */
  get labels(): Readonly<Record<Side, string>> {
    const meta = this.layer?.meta;
    if (!meta || !isOriented(meta)) return NO_LABELS;
    const facing = screenFacing(this.state.facing, this.state.view);
    const right = rightOf(facing);
    return {
      right: orientationLabel(right),
      left: orientationLabel(negate(right)),
      top: orientationLabel(facing.up),
      bottom: orientationLabel(negate(facing.up)),
    };
  }

  /** CSS pixels per millimetre; null where millimetres mean nothing. */
  get scale(): number | null {
    const meta = this.layer?.meta;
    if (!meta || (!isOriented(meta) && meta.spacing[0] === 1 && meta.spacing[1] === 1)) return null;
    return this.pixelsPerMillimetre;
  }

  /** The position of the plane as people say it: `S 12.3`; empty where it means nothing. */
  get positionLabel(): string {
    const meta = this.layer?.meta;
    if (!meta || !isOriented(meta)) return "";
    const plane = namedPlane(meta, this.state.orientation);
    const direction = plane ? axisDirection(meta, plane.normal) : this.state.facing.normal;
    const strengths = direction.map(Math.abs);
    const axis = strengths.indexOf(Math.max(...strengths)) as Axis;
    return positionLabel(axis, this.state.focus[axis]);
  }

  get referenceLines(): readonly ReferenceLine[] {
    const { camera, workspace, layer } = this;
    const { crosshairs } = workspace.state;
    const indicator = this.place?.indicator ?? null;
    if (!camera || !layer || (!crosshairs && indicator === null)) return [];
    return workspace.visible
      .filter((other) => (crosshairs || other.id === indicator) && other.id !== this.id && other.layer !== undefined && agree(layer.meta, other.layer.meta))
      .flatMap(({ id, state }) => {
        const line = crossing(camera, this.size, { normal: state.facing.normal, point: state.focus });
        return line ? [{ pane: id, orientation: state.orientation, from: line[0], to: line[1] }] : [];
      });
  }

  /** Where the pane lies by the hanging protocol; undefined in a grid. */
  get place(): Place | undefined { return this.workspace.state.hanging?.home[this.id]; }

  /** What the parent of a minimap has on its screen: corners in CSS pixels of this pane; null for other panes. */
  get parentFrame(): readonly Point[] | null {
    const { camera, place, workspace } = this;
    if (!camera || place?.special !== "minimap" || place.parent === null) return null;
    const parent = workspace.pane(place.parent);
    const { width, height } = parent.size;
    if (!parent.camera || width <= 1) return null;
    const corners: readonly Point[] = [[0, 0], [width, 0], [width, height], [0, height]];
    const from = parent.camera;
    return corners.map((corner) => worldToScreen(camera, this.size, screenToWorld(from, parent.size, corner)));
  }

  /** Value at a point for each time point, of the nearest voxel; null where it is not loaded. */
  valuesOverTime(world: Vec3): readonly (number | null)[] {
    const { layer } = this;
    if (!layer) return [];
    const voxel = worldToVoxel(layer.meta, world);
    const times = Array.from({ length: Math.max(1, layer.meta.timepoints) }, (_, timepoint) => timepoint);
    return times.map((timepoint) => sampleVoxel(layer, voxel, timepoint, "nearest")?.values[0] ?? null);
  }

  /** Level held of stored slice `k` now: -1 nothing, 0 some preview, 1 everything. */
  loadedState(k: number): -1 | 0 | 1 {
    const { layer } = this;
    if (!layer) return -1;
    const slice = layer.sliceAt(k, this.state.timepoint);
    const held = (level: number): boolean => layer.streams.holds(slice, level) || layer.level(slice) >= level;
    if (held(layer.full)) return 1;
    return held(layer.preview) ? 0 : -1;
  }

  /** Whether the pane shows one stored slice as it is, and not a cut through many. */
  get showsStored(): boolean {
    const inputs = this.workspace.inputsOf(this.state);
    return inputs === null || shownSlice(inputs) !== null;
  }

  /** Whether nothing is shown and nothing is on its way: the slice arrived damaged, or no decoder could be had. */
  get cannotBeShown(): boolean {
    const { layer, workspace, state } = this;
    if (!layer || this.drawn.level !== null) return false;
    if (workspace.session.undecodable) return true;
    const inputs = workspace.inputsOf(state);
    const stored = inputs && shownSlice(inputs);
    return stored !== null && layer.givenUp(layer.sliceAt(stored, state.timepoint));
  }

  /** Whether the workspace's links join this pane for `name`. */
  isLinked(name: LinkName): boolean { return this.workspace.state.links[name]; }

  // Annotations

  /** Where what is drawn here lies; null in an empty pane. */
  get ground(): Ground | null {
    const { layer, state } = this;
    if (!layer) return null;
    return { pane: this.id, image: layer.meta.image, timepoint: state.timepoint, facing: screenFacing(state.facing, state.view) };
  }

  /** The plane on the screen, as thick as a slice or its slab. */
  get cut(): Cut | null {
    const { layer, state } = this;
    return layer ? cutOf(state, layer.meta) : null;
  }

  /** The point of the patient under a point of the pane, also outside the image. */
  worldAt(x: number, y: number): Vec3 | null {
    const { camera } = this;
    return camera && screenToWorld(camera, this.size, [x, y]);
  }

  /** What of the annotations lies in the plane of this pane. */
  get marks(): readonly Mark[] {
    const { layer, state, workspace } = this;
    return layer ? marksIn(state, layer, workspace.annotations, workspace.session.layers) : [];
  }

  /** Brings an annotation's plane and its middle onto the pane. */
  jumpTo(mark: Parameters<typeof jumpedTo>[2]): void {
    this.change((state, meta) => jumpedTo(state, meta, mark, this.cutRefusal === null));
  }

  private get range(): { index: number; count: number } | null {
    const { layer, state } = this;
    return layer ? sliceRange(layer.meta, state.orientation, state.facing, state.focus) : null;
  }

  private get pixelsPerMillimetre(): number | null {
    const { layer, state } = this;
    return layer ? pixelsPerMillimetre(layer.meta, state.facing, state.view, this.size) : null;
  }

  private change(verb: (state: PaneState, meta: LayerMeta) => PaneState, link?: LinkName): void {
    this.workspace.change(this.id, verb, link);
  }

  /** Says why other planes cannot be had, if so. */
  private refused(): boolean {
    const reason = this.cutRefusal;
    if (reason) this.workspace.emit("notice", reason);
    return reason !== null;
  }

  private read(x: number, y: number, interpolation: Interpolation): Cursor | null {
    const { camera, layer, state } = this;
    if (!camera || !layer) return null;
    const world = screenToWorld(camera, this.size, [x, y]);
    const voxel = worldToVoxel(layer.meta, world);
    if (voxel.some((place, axis) => place < -0.5 || place >= layer.meta.size[axis as Axis] - 0.5)) return null;
    return { voxel, world, sample: sampleVoxel(layer, voxel, state.timepoint, interpolation) };
  }

  private previews(): DecodedSlice[] {
    const { layer, state } = this;
    if (!layer) return [];
    const slices = Array.from({ length: layer.meta.size[2] }, (_, k) => layer.store.preview(layer.sliceAt(k, state.timepoint)));
    return slices.filter((slice) => slice !== undefined);
  }
}
