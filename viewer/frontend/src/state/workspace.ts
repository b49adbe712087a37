/**
 * The viewer's one controller. Panels call its verbs and those of its panes and listen to its events;
 * `state` is one immutable value that is replaced by every verb.
 */

import { Emitter } from "../core/emitter";
import { type Arrangement, type HungProtocol, NO_ARRANGEMENT } from "../core/arrangement";
import { rearranged } from "../core/hanging";
import type { Layer } from "../core/layer";
import type { LayerMeta, SessionMeta } from "../core/meta";
import { STORED_AXIS } from "../core/planes";
import type { Session } from "../core/session";
import type { Timings } from "../core/timings";
import type { Background } from "../render/engine";
import { namedPlane } from "../render/sections";
import { centroid } from "../tools/geometry";
import { toolNamed } from "../tools/registry";
import { pointsOf } from "../tools/values";
import { Annotations } from "./annotations";
import { CineClock } from "./cine";
import { type Hangable, beginning, colored, following, hangable, hungPanes, settled } from "./hanging";
import { type Drawn, Drawing } from "./drawing";
import { History } from "./history";
import { agree, followed } from "./links";
import { MaskHand } from "./mask-hand";
import { Masks, atOwnTimepoint } from "./masks";
import { overlaysFor } from "./overlays";
import { Pane } from "./pane";
import { movedTo, opened, withOrientation } from "./pane-changes";
import { type PaneInputs, demandOf, overlayState, sceneOf } from "./scenes";
import { Screen } from "./screen";
import { type Status, statusOf } from "./status";
import {
  INITIAL_WORKSPACE,
  type Layout,
  type LinkName,
  type MouseButton,
  type PaneId,
  type PaneState,
  type Tool,
  type WorkspaceState,
  emptyPane,
} from "./workspace-state";

export type { Camera, Cursor, Drawn, Point, ReferenceLine, Side } from "./pane";
export type { Annotation, GeometryValue } from "./annotations";
export type { Mark } from "./marks";
export type { Status } from "./status";
export type * from "./workspace-state";
export { Pane };

export interface WorkspaceEvents {
  /** The reader changed something. */
  change: WorkspaceState;
  /** Other panes exist than before: the grid is to be built anew (after `change`). */
  layout: WorkspaceState;
  /** The pointer moved: only readings differ. */
  pointer: PaneId;
  /** A pane's picture is on the screen: at most once per frame. Readouts follow this. */
  drawn: PaneId;
  /** Bytes arrived: the progress differs. A few times a second, however much arrives. */
  progress: null;
  /** The images are known: panels can be filled. */
  described: SessionMeta;
  status: Status;
  /** A sentence for the reader, shown for a moment. */
  notice: string;
}

/** Milliseconds between two tellings of the progress: painting the page takes the processor from decoding. */
const PROGRESS_EVERY = 400;
const DARK: Background = [0.043, 0.055, 0.067];
const NO_DECODER = "The picture decoder could not be loaded, so pictures cannot be shown. Check the connection and reload this page.";
const MPR: readonly ("axial" | "coronal" | "sagittal")[] = ["axial", "coronal", "sagittal"];

export class Workspace extends Emitter<WorkspaceEvents> {
  readonly session: Session;
  readonly screen: Screen;
  /** What the page says about how the case hangs, and how the viewer behaves; an editor may have changed it since. */
  arrangement: Arrangement;
  /** Steps of everything that is drawn. */
  readonly history = new History();
  readonly annotations = new Annotations(this.history);
  readonly drawing = new Drawing((drawn) => { this.keepDrawn(drawn); });
  readonly masks: Masks;
  readonly maskHand: MaskHand;
  status: Status = { kind: "connecting" };
  meta: SessionMeta | null = null;
  private current: WorkspaceState = INITIAL_WORKSPACE;
  private readonly handles = new Map<PaneId, Pane>();
  /** What panes beyond a smaller layout showed. */
  private readonly kept = new Map<PaneId, PaneState>();
  private readonly cine: CineClock;
  private syncing = false;
  private asked = "";
  private progressTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    session: Session,
    options: { readonly tool: Tool; readonly background?: Background; readonly arrangement?: Arrangement },
  ) {
    super();
    this.session = session;
    this.arrangement = options.arrangement ?? NO_ARRANGEMENT;
    this.current = { ...INITIAL_WORKSPACE, tools: { ...INITIAL_WORKSPACE.tools, left: options.tool } };
    this.screen = new Screen({
      background: options.background ?? DARK,
      onResize: () => { this.sync(); },
      onDrawn: (pane) => { this.noteFirst(pane); this.emit("drawn", pane); },
      onRefused: (pane, reason) => { this.pane(pane).showStored(); this.emit("notice", reason); },
    });
    this.cine = new CineClock({
      ready: (pane) => this.screen.upToDate(pane),
      advance: (pane) => { this.pane(pane).advance(); },
    });
    const { default_brush_size: brush, default_annotation_color: color } = this.arrangement.settings;
    if (color) this.annotations.color = color;
    this.masks = new Masks(this.history, {
      join: (make) => this.joined(session.join(make)),
      edited: ({ index }, slices) => { this.screen.engine?.edited(index, slices); },
      changed: () => { this.set({}); },
    }, brush ? brush / 2 : null);
    this.masks.on("notice", (notice) => { this.emit("notice", notice); });
    this.maskHand = new MaskHand(this.masks);
    this.listen(session);
  }

  private joined<Joined extends Layer>(layer: Joined): Joined {
    this.screen.engine?.joined(this.session.layers);
    return layer;
  }

  /** The first paint may be gone before the first full slice is there: then it is one of ours. */
  private noteFirst(pane: PaneId): void {
    const { level, complete } = this.pane(pane).drawn;
    if (level !== null) this.timings.mark("firstPreview");
    if (complete) this.timings.mark("firstFull");
  }

  get timings(): Timings { return this.session.timings; }
  get state(): WorkspaceState { return this.current; }
  get panes(): readonly Pane[] { return this.current.panes.map(({ id }) => this.pane(id)); }
  get active(): Pane { return this.pane(this.current.active); }
  /** Panes on the screen: all of the layout, or the maximized one. */
  get visible(): readonly Pane[] {
    const { maximized } = this.current;
    return maximized === null ? this.panes : [this.pane(maximized)];
  }
  get images(): readonly Layer[] { return this.session.layers.filter((layer) => layer.meta.role === "image"); }
  /** False on a device without WebGL 2. */
  get usable(): boolean { return this.screen.engine !== null; }

  pane(id: PaneId): Pane {
    const known = this.handles.get(id) ?? new Pane(this, id);
    this.handles.set(id, known);
    return known;
  }

  stateOf(id: PaneId): PaneState { return this.current.panes[id] ?? this.kept.get(id) ?? emptyPane(id); }

  /** Tells what happened before anybody listened: the session may be described already. */
  catchUp(): void {
    if (this.session.meta) this.describe(this.session.meta);
    this.setStatus(statusOf(this.session.status, this.meta !== null));
    if (this.session.undecodable) this.emit("notice", NO_DECODER);
  }

  // Panes

  activate(pane: PaneId): void {
    if (this.current.active !== pane && pane < this.current.panes.length) this.set({ active: pane });
  }

  /** New panes show the image of the active one, in planes not shown yet; then the other images. */
  setLayout(layout: Layout): void {
    const count = layout.rows * layout.columns;
    this.current.panes.forEach((pane) => this.kept.set(pane.id, pane));
    const panes: PaneState[] = [];
    for (let id = 0; id < count; id += 1) panes.push(this.kept.get(id) ?? this.filled(id, panes));
    const active = this.current.active < count ? this.current.active : 0;
    this.set({ layout, hanging: null, panes, active, maximized: null });
    this.emit("layout", this.current);
  }

  /** Axial, coronal and sagittal of the active pane's image beside each other, with crosshairs. */
  showMpr(): void {
    const { active } = this;
    const { layer } = active;
    if (!layer) return;
    if (active.cutRefusal) {
      this.emit("notice", active.cutRefusal);
      return;
    }
    const source = active.state;
    const panes = MPR.map((orientation, id) => {
      const pane = withOrientation({ ...source, id, pointer: null }, layer.meta, orientation);
      return { ...pane, cine: { ...pane.cine, playing: false } };
    });
    this.kept.clear();
    this.set({ layout: { rows: 1, columns: 3 }, hanging: null, panes, active: 0, maximized: null, crosshairs: true });
    this.emit("layout", this.current);
  }

  /** Images with the sockets that they fill. */
  get hangable(): Hangable {
    return hangable(this.session.layers.map(({ meta }) => meta), this.arrangement);
  }

  /** Panes as a hanging protocol says. */
  hang(protocol: HungProtocol): void {
    const { hanging, panes } = hungPanes(protocol, this.hangable, this.arrangement.settings);
    this.kept.clear();
    this.set({ hanging, panes, active: 0, maximized: null });
    this.emit("layout", this.current);
  }

  /** Cases hang by this protocol from now on, and so does this one. */
  adopt(protocol: HungProtocol): void {
    const others = this.arrangement.protocols.filter(({ pk }) => pk !== protocol.pk);
    this.arrangement = { ...this.arrangement, protocols: [protocol, ...others] };
    this.hang(protocol);
  }

  /** Two panes take each other's place. */
  swap(a: PaneId, b: PaneId): void {
    const { hanging, panes } = this.current;
    if (a === b || !panes[a] || !panes[b]) return;
    const other = (id: PaneId): PaneId => (id === a ? b : id === b ? a : id);
    if (hanging) {
      const taken = hanging.taken.map((place, id) => hanging.taken[other(id)] ?? place);
      this.set({ hanging: { ...hanging, taken, places: rearranged(hanging.home, taken) } });
    } else {
      this.set({ panes: panes.map(({ id }) => ({ ...(panes[other(id)] as PaneState), id })), active: other(this.current.active) });
    }
    this.emit("layout", this.current);
  }

  /** One pane alone, or the whole layout again. */
  maximize(pane: PaneId | null): void {
    if (pane === this.current.maximized) return;
    this.set({ maximized: pane, active: pane ?? this.current.active });
    this.emit("layout", this.current);
  }

  setTool(button: MouseButton, tool: Tool): void {
    this.set({ tools: { ...this.current.tools, [button]: tool } });
  }

  /** Takes the last place of what is being drawn back, else the last thing that was done. */
  undo(): void {
    this.annotations.settle();
    if (this.maskHand.cancel() || this.masks.blocks(this.history.last)) return;
    if (!this.drawing.back()) this.history.undo();
  }

  redo(): void {
    this.annotations.settle();
    if (this.maskHand.busy || this.masks.blocks(this.history.next)) return;
    this.history.redo();
  }

  setLink(name: LinkName, linked: boolean): void {
    this.set({ links: { ...this.current.links, [name]: linked } });
  }

  setCrosshairs(shown: boolean): void {
    this.set({ crosshairs: shown });
  }

  /** Every pane on the screen at full resolution, and drawn. */
  whenComplete(): Promise<void> {
    const complete = (): boolean => this.visible.every((pane) => this.isComplete(pane));
    return new Promise((resolve) => {
      const check = (): void => {
        if (!complete()) return;
        ends.forEach((end) => { end(); });
        resolve();
      };
      const ends = [this.on("drawn", check), this.on("layout", check)];
      check();
    });
  }

  /** Whether what was asked for last is on the screen at full resolution; so is an empty pane of a session that is known. */
  isComplete({ id, state, drawn }: Pane): boolean {
    return this.meta !== null && !this.syncing && (state.image === null || (this.screen.upToDate(id) && drawn.complete));
  }

  /** A mark of the volume is met by the other panes, where it can be put right. */
  private keepDrawn(drawn: Drawn): void {
    this.annotations.draw(drawn);
    if (!toolNamed(drawn.tool).spatial) return;
    const middle = centroid(pointsOf(drawn.value));
    const own = this.session.layers.find(({ meta }) => meta.image === drawn.image)?.meta;
    this.changeAll((state, meta) =>
      own && state.id !== this.current.active && agree(own, meta) ? movedTo(state, meta, middle) : state,
    );
  }

  // For panes

  /** Replaces the state of a pane; panes linked by `link` follow. */
  change(id: PaneId, verb: (state: PaneState, meta: LayerMeta) => PaneState, link?: LinkName): void {
    const before = this.stateOf(id);
    const meta = this.layerOf(before)?.meta;
    if (!meta) return;
    const after = verb(before, meta);
    if (after === before) return;
    const follows = link !== undefined && this.current.links[link] && this.isLinkable(id);
    const panes = this.current.panes.map((pane) => {
      if (pane.id === id) return after;
      const other = follows && this.isLinkable(pane.id) ? this.layerOf(pane)?.meta : undefined;
      return link && other ? followed(link, { state: pane, meta: other }, before, { state: after, meta }) : pane;
    });
    this.set({ panes });
  }

  private isLinkable(id: PaneId): boolean {
    return this.current.hanging?.home[id]?.linkable ?? true;
  }

  /** Replaces states of several panes at once. */
  changeAll(verb: (state: PaneState, meta: LayerMeta) => PaneState): void {
    const panes = this.current.panes.map((pane) => {
      const meta = this.layerOf(pane)?.meta;
      return meta ? verb(pane, meta) : pane;
    });
    this.set({ panes });
  }

  open(id: PaneId, layer: number): void {
    const meta = this.session.layers[layer]?.meta;
    if (!meta) return;
    const { settings } = this.arrangement;
    const { layers } = this.hangable;
    const panes = this.current.panes.map((pane) =>
      (pane.id === id ? colored(settled(opened(pane, layer, meta), meta, settings), layers, settings) : pane));
    this.set({ panes });
  }

  setPointer(id: PaneId, pointer: PaneState["pointer"]): void {
    const panes = this.current.panes.map((pane) => (pane.id === id ? { ...pane, pointer } : pane));
    this.current = { ...this.current, panes };
    this.emit("pointer", id);
  }

  layerOf(state: PaneState): Layer | undefined {
    return state.image === null ? undefined : this.session.layers[state.image];
  }

  /** The layers behind a pane's numbers: what is drawn and loaded for it. */
  inputsOf(state: PaneState): PaneInputs | null {
    const layer = this.layerOf(state);
    if (!layer) return null;
    const { engine } = this.screen;
    const cut = (each: Layer): string | null => engine?.volumes.refusal(each, state.timepoint) ?? null;
    const { fitting } = overlaysFor(layer, this.session.layers, cut);
    const overlays = fitting.filter(({ index }) => state.overlaysShown && overlayState(state, index).shown)
      .filter(({ onlyTimepoint }) => onlyTimepoint === null || onlyTimepoint === atOwnTimepoint(layer, state));
    return { state, layer, overlays };
  }

  sync(): void {
    if (this.syncing) return;
    this.syncing = true;
    queueMicrotask(() => {
      this.syncing = false;
      this.load();
      this.draw();
    });
  }

  private set(patch: Partial<WorkspaceState>): void {
    const next = { ...this.current, ...patch };
    const panes = following(next.panes, next.hanging, (pane) => this.layerOf(pane)?.meta);
    this.current = { ...next, panes };
    this.sync();
    this.emit("change", this.current);
  }

  private load(): void {
    const { active, visible } = this;
    const order = [...visible].sort((a, b) => Number(b === active) - Number(a === active));
    const inputs = order.map(({ state }) => this.inputsOf(state)).filter((each) => each !== null);
    if (inputs.length === 0) return;
    const demand = demandOf(inputs);
    const asked = JSON.stringify([demand.views, demand.layers.map(({ layer }) => layer)]);
    if (asked === this.asked) return;
    this.asked = asked;
    this.session.want(demand);
  }

  private draw(): void {
    const playing = new Map<PaneId, number>();
    for (const { id, state } of this.visible) {
      const inputs = this.screen.has(id) ? this.inputsOf(state) : null;
      if (state.cine.playing) playing.set(id, state.cine.fps);
      if (!this.screen.show(id, inputs && sceneOf(inputs, this.screen.size(id)))) this.emit("drawn", id);
    }
    this.cine.play(playing);
  }

  /** What a pane that was not there before shows. */
  private filled(id: PaneId, others: readonly PaneState[]): PaneState {
    const source = this.active.state;
    const layer = this.layerOf(source);
    if (!layer) return emptyPane(id);
    const { meta } = layer;
    const shown = others.filter(({ image }) => image === layer.index).map((pane) => namedPlane(meta, pane.orientation)?.normal ?? STORED_AXIS);
    const plane = this.active.cutRefusal === null && MPR.find((name) => !shown.includes(namedPlane(meta, name)?.normal ?? STORED_AXIS));
    const fresh = { ...source, id, pointer: null, cine: { ...source.cine, playing: false } };
    if (plane) return withOrientation(fresh, meta, plane);
    const next = this.images.find(({ index }) => others.every(({ image }) => image !== index));
    return next ? opened(emptyPane(id), next.index, next.meta) : withOrientation(fresh, meta, "stored");
  }

  private listen(session: Session): void {
    session.on("meta", (meta) => { this.describe(meta); });
    session.on("slice", ({ layer, slice }) => { this.screen.engine?.sliceDecoded(layer, slice); });
    session.on("held", () => { this.noteProgress(); });
    session.on("broken", ({ slice }) => {
      const damaged = `Slice ${slice + 1} arrived damaged several times and cannot be shown.`;
      this.emit("notice", session.undecodable ? NO_DECODER : damaged);
      this.noteProgress();
    });
    session.on("state", ({ ready, text }) => {
      if (!ready) this.setStatus({ kind: "preparing", text });
      else this.setStatus({ kind: this.meta ? "open" : "connecting" });
    });
    session.on("status", (status) => { this.setStatus(statusOf(status, this.meta !== null)); });
  }

  private noteProgress(): void {
    this.progressTimer ??= setTimeout(() => {
      this.progressTimer = undefined;
      this.emit("progress", null);
    }, PROGRESS_EVERY);
  }

  private setStatus(status: Status): void {
    this.status = status;
    this.emit("status", status);
  }

  private describe(meta: SessionMeta): void {
    this.meta = meta;
    this.asked = "";
    this.kept.clear();
    this.screen.setLayers(this.session.layers);
    const begun = beginning(this.arrangement, this.hangable);
    if (!begun) {
      this.emit("notice", "There is no image in this display set.");
      return;
    }
    this.set({ ...begun, active: 0, maximized: null });
    this.emit("layout", this.current);
    this.setStatus({ kind: "open" });
    this.emit("described", meta);
    this.active.overlays.refused.forEach(({ reason }) => { this.emit("notice", reason); });
  }
}
