/** The viewer's one controller: panels call its verbs and listen to its events. */

import type { CloseMeaning } from "../core/close-codes";
import { Emitter } from "../core/emitter";
import { voxelToWorld } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { SessionMeta, Vec3 } from "../core/meta";
import type { DecodedSlice } from "../core/pixels";
import { type Plane, type PlaneName, planeOf, planeToVoxel, storedPlane } from "../core/planes";
import { type Sample, sampleAt } from "../core/sample";
import type { Session } from "../core/session";
import type { Timings } from "../core/timings";
import { FITTED, type Stage, type View, panBy, toPicture, zoomAt } from "../core/view-transform";
import { type Window, dragWindow, initialWindow, percentileWindow, presetsFor } from "../core/window-level";
import { type OverlayChoice, overlaysFor } from "./overlays";
import { INITIAL, type Tool, type ViewState } from "./view-state";

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "preparing"; readonly text: string }
  | { readonly kind: "open" }
  | { readonly kind: "retrying"; readonly attempt: number; readonly meaning: CloseMeaning }
  | { readonly kind: "closed"; readonly meaning: CloseMeaning; readonly detail: string };

interface Events {
  /** The reader changed something. */
  change: ViewState;
  /** The pointer moved: only readings differ. */
  pointer: null;
  /** Something on the screen was decoded: the picture differs. */
  loaded: null;
  /** Bytes arrived: the progress differs. */
  progress: null;
  /** The images are known: panels can be filled. */
  described: SessionMeta;
  status: Status;
  /** A sentence for the reader, shown for a moment. */
  notice: string;
}

export interface Cursor {
  readonly voxel: Vec3;
  readonly world: Vec3;
  readonly sample: Sample | null;
}

export class Viewer extends Emitter<Events> {
  readonly session: Session;
  status: Status = { kind: "connecting" };
  meta: SessionMeta | null = null;
  stage: Stage = { width: 1, height: 1 };
  private current: ViewState = INITIAL;
  private readonly windows = new Map<number, Pick<ViewState, "window" | "preset">>();

  constructor(session: Session, options: { tool: Tool }) {
    super();
    this.session = session;
    this.current = { ...INITIAL, tool: options.tool };
    session.on("meta", (meta) => { this.describe(meta); });
    session.on("slice", ({ layer, slice }) => { this.decoded(layer, slice); });
    session.on("held", () => { this.emit("progress", null); });
    session.on("broken", ({ slice }) => {
      this.emit("notice", `Slice ${slice + 1} arrived damaged several times and cannot be shown.`);
    });
    session.on("state", ({ ready, text }) => {
      if (!ready) this.setStatus({ kind: "preparing", text });
      else this.setStatus({ kind: this.meta ? "open" : "connecting" });
    });
    session.on("status", (status) => {
      this.setStatus(status.kind === "open" && !this.meta ? { kind: "connecting" } : status);
    });
  }

  get timings(): Timings {
    return this.session.timings;
  }

  get state(): ViewState {
    return this.current;
  }

  get image(): Layer | undefined {
    return this.session.layers[this.current.image];
  }

  get images(): readonly Layer[] {
    return this.session.layers.filter((layer) => layer.meta.role === "image");
  }

  get overlays(): OverlayChoice {
    return this.image ? overlaysFor(this.image, this.session.layers) : { fitting: [], refused: [] };
  }

  /** Overlays on the screen now. */
  get shownOverlays(): readonly Layer[] {
    if (!this.current.overlaysShown) return [];
    return this.overlays.fitting.filter((layer) => !this.current.hiddenLayers.has(layer.index));
  }

  /** The plane on the screen; absent before the images are known. */
  get plane(): Plane | undefined {
    return this.image && planeOf(this.image.meta, this.current.plane);
  }

  get index(): number {
    return this.plane ? this.current.focus[this.plane.normal] : 0;
  }

  get view(): View {
    return this.current.views[this.current.plane];
  }

  /** Takes up what the session was told before there was a viewer. */
  catchUp(): void {
    if (this.session.meta) this.describe(this.session.meta);
    this.setStatus(this.session.status);
  }

  update(patch: Partial<ViewState>): void {
    this.current = { ...this.current, ...patch };
    this.emit("change", this.current);
  }

  setPointer(pointer: ViewState["pointer"]): void {
    this.current = { ...this.current, pointer };
    this.emit("pointer", null);
  }

  // Slices and planes

  goTo(plane: PlaneName, index: number): void {
    if (!this.image) return;
    const target = planeOf(this.image.meta, plane);
    const clamped = Math.round(Math.min(target.count - 1, Math.max(0, index)));
    const before = this.current.focus[target.normal];
    const focus = [...this.current.focus] as [number, number, number];
    focus[target.normal] = clamped;
    const direction = plane === this.current.plane ? Math.sign(clamped - before) : 0;
    this.update({ plane, focus, direction: (direction || this.current.direction) as -1 | 0 | 1 });
    this.load();
  }

  step(slices: number): void {
    this.goTo(this.current.plane, this.index + slices);
  }

  showPlane(plane: PlaneName): void {
    this.goTo(plane, this.image ? this.current.focus[planeOf(this.image.meta, plane).normal] : 0);
  }

  showTimepoint(timepoint: number): void {
    const last = (this.image?.meta.timepoints ?? 1) - 1;
    this.update({ timepoint: Math.round(Math.min(last, Math.max(0, timepoint))) });
    this.load();
  }

  showImage(index: number): void {
    const layer = this.session.layers[index];
    if (!layer || index === this.current.image) return;
    this.windows.set(this.current.image, { window: this.current.window, preset: this.current.preset });
    const kept = this.image?.meta.size.join() === layer.meta.size.join();
    this.update({
      image: index,
      ...(this.windows.get(index) ?? openingWindow(layer)),
      ...(kept ? {} : openingPlace(layer)),
      timepoint: Math.min(this.current.timepoint, layer.meta.timepoints - 1),
    });
    this.load();
  }

  /** Puts the point under (x, y) at the center of all planes. */
  focusAt(x: number, y: number): void {
    const cursor = this.at(x, y);
    if (!cursor?.sample) return;
    const focus = cursor.voxel.map(Math.round) as [number, number, number];
    this.update({ focus });
  }

  // Look

  setWindow(window: Window, preset: string | null = null): void {
    this.update({ window, preset });
  }

  dragWindow(dx: number, dy: number): void {
    if (this.image && this.image.meta.components < 3) {
      this.setWindow(dragWindow(this.current.window, this.image.meta, dx, dy));
    }
  }

  applyPreset(id: string): void {
    const preset = this.image && presetsFor(this.image.meta).find((candidate) => candidate.id === id);
    const window = preset?.window ?? (preset && percentileWindow(this.previews()));
    if (window) this.setWindow(window, id);
  }

  zoomBy(factor: number, x = this.stage.width / 2, y = this.stage.height / 2): void {
    this.setView(zoomAt(this.view, this.stage, factor, [x, y]));
  }

  panBy(dx: number, dy: number): void {
    this.setView(panBy(this.view, dx, dy));
  }

  fit(): void {
    this.setView(FITTED);
  }

  reset(): void {
    if (!this.image) return;
    const { axial, coronal, sagittal } = INITIAL.views;
    this.update({ views: { axial, coronal, sagittal }, inverted: false, ...openingWindow(this.image) });
  }

  // Overlays

  showOverlays(shown: boolean): void {
    this.update({ overlaysShown: shown });
    this.load();
  }

  toggleLayer(layer: number): void {
    this.update({ hiddenLayers: toggled(this.current.hiddenLayers, layer) });
    this.load();
  }

  toggleLabel(layer: number, label: number): void {
    this.update({ hiddenLabels: toggled(this.current.hiddenLabels, `${layer}:${label}`) });
  }

  // Readings

  /** What lies under a point of the stage; null outside the picture. */
  at(x: number, y: number): Cursor | null {
    const { plane, image } = this;
    if (!plane || !image) return null;
    const [column, row] = toPicture(plane, this.stage, this.view, [x, y]);
    if (column < -0.5 || row < -0.5 || column >= plane.width - 0.5 || row >= plane.height - 0.5) return null;
    const voxel = planeToVoxel(plane, column, row, this.index);
    return { voxel, world: voxelToWorld(image.meta, voxel), sample: sampleAt(image, voxel, this.current.timepoint) };
  }

  get cursor(): Cursor | null {
    return this.current.pointer && this.at(...this.current.pointer);
  }

  /** Level decoded or held of slice `k` now: -1 nothing, 0 some preview, 1 everything. */
  loadedState(k: number): -1 | 0 | 1 {
    const { image } = this;
    if (!image) return -1;
    const slice = image.sliceAt(k, this.current.timepoint);
    if (image.streams.holds(slice, image.full)) return 1;
    return image.streams.holds(slice, image.preview) ? 0 : -1;
  }

  private setView(view: View): void {
    this.update({ views: { ...this.current.views, [this.current.plane]: view } });
  }

  private setStatus(status: Status): void {
    this.status = status;
    this.emit("status", status);
  }

  private describe(meta: SessionMeta): void {
    this.meta = meta;
    const first = this.images[0];
    if (!first) {
      this.emit("notice", "There is no image in this display set.");
      return;
    }
    this.update({ image: first.index, timepoint: 0, ...openingPlace(first), ...openingWindow(first) });
    this.setStatus({ kind: "open" });
    this.emit("described", meta);
    this.overlays.refused.forEach(({ reason }) => { this.emit("notice", reason); });
    this.load();
  }

  /** A slice elsewhere changes nothing on the screen, unless the plane cuts through all of them. */
  private decoded(layer: number, slice: number): void {
    const shown = this.session.layers[layer]?.sliceAt(this.current.focus[2], this.current.timepoint);
    if (this.plane?.normal !== 2 || slice === shown) this.emit("loaded", null);
  }

  private load(): void {
    const { image, plane } = this;
    if (!image || !plane) return;
    const layers = [image, ...this.shownOverlays];
    this.session.want({
      layers: layers.map((layer) => layer.demand()),
      views: [
        {
          layers: layers.map((layer) => layer.index),
          slice: this.current.focus[2],
          timepoint: this.current.timepoint,
          direction: this.current.direction,
          stored: plane.normal === 2,
        },
      ],
    });
  }

  private previews(): DecodedSlice[] {
    const { image } = this;
    if (!image) return [];
    const slices = Array.from({ length: image.slices }, (_, slice) => image.store.preview(slice));
    return slices.filter((slice) => slice !== undefined);
  }
}

function openingPlace(layer: Layer): Pick<ViewState, "plane" | "focus" | "views" | "direction"> {
  const [i, j, k] = layer.meta.size;
  return {
    plane: storedPlane(layer.meta),
    focus: [Math.floor(i / 2), Math.floor(j / 2), Math.floor(k / 2)],
    views: INITIAL.views,
    direction: 0,
  };
}

function openingWindow(layer: Layer): Pick<ViewState, "window" | "preset"> {
  const window = initialWindow(layer.meta);
  const match = presetsFor(layer.meta).find(
    (preset) => preset.window?.center === window.center && preset.window.width === window.width,
  );
  return { window, preset: match?.id ?? null };
}

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const copy = new Set(set);
  if (!copy.delete(item)) copy.add(item);
  return copy;
}
