/* eslint-disable @typescript-eslint/no-unused-vars -- the verbs are filled in next */
/**
 * The viewer's one controller. Panels call its verbs and those of its panes and listen to its events;
 * `state` is one immutable value that is replaced by every verb.
 */

import type { CloseMeaning } from "../core/close-codes";
import { Emitter } from "../core/emitter";
import type { Layer } from "../core/layer";
import type { SessionMeta } from "../core/meta";
import type { Session } from "../core/session";
import { Pane } from "./pane";
import type { Timings } from "../core/timings";
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
export type * from "./workspace-state";
export { Pane };

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "preparing"; readonly text: string }
  | { readonly kind: "open" }
  | { readonly kind: "retrying"; readonly attempt: number; readonly meaning: CloseMeaning }
  | { readonly kind: "closed"; readonly meaning: CloseMeaning; readonly detail: string };

export interface WorkspaceEvents {
  /** The reader changed something. */
  change: WorkspaceState;
  /** Other panes exist than before: the grid is to be built anew (after `change`). */
  layout: WorkspaceState;
  /** The pointer moved: only readings differ. */
  pointer: PaneId;
  /** A pane's picture is on the screen: at most once per frame. Readouts follow this. */
  drawn: PaneId;
  /** Bytes arrived: the progress differs. */
  progress: null;
  /** The images are known: panels can be filled. */
  described: SessionMeta;
  status: Status;
  /** A sentence for the reader, shown for a moment. */
  notice: string;
}

export class Workspace extends Emitter<WorkspaceEvents> {
  readonly session: Session;
  get timings(): Timings { return this.session.timings; }
  status: Status = { kind: "connecting" };
  meta: SessionMeta | null = null;
  private current: WorkspaceState = INITIAL_WORKSPACE;
  private readonly handles = new Map<PaneId, Pane>();

  constructor(session: Session, _options: { readonly tool: Tool }) {
    super();
    this.session = session;
  }

  get state(): WorkspaceState { return this.current; }
  get panes(): readonly Pane[] { return this.current.panes.map(({ id }) => this.pane(id)); }
  get active(): Pane { return this.pane(this.current.active); }
  get images(): readonly Layer[] { return this.session.layers.filter((layer) => layer.meta.role === "image"); }
  /** False on a device without WebGL 2. */
  get usable(): boolean { return true; }

  pane(id: PaneId): Pane {
    const known = this.handles.get(id) ?? new Pane(this, id);
    this.handles.set(id, known);
    return known;
  }

  stateOf(id: PaneId): PaneState { return this.current.panes[id] ?? emptyPane(id); }

  activate(_pane: PaneId): void { return; }
  /** New panes show the image of the active one, in planes not shown yet. */
  setLayout(_layout: Layout): void { return; }
  /** Axial, coronal and sagittal of the active pane's image beside each other, with crosshairs. */
  showMpr(): void { return; }
  /** One pane alone, or the whole layout again. */
  maximize(_pane: PaneId | null): void { return; }
  setTool(_button: MouseButton, _tool: Tool): void { return; }
  setLink(_name: LinkName, _linked: boolean): void { return; }
  setCrosshairs(_shown: boolean): void { return; }
  /** Every pane at full resolution and on the screen. */
  whenComplete(): Promise<void> { return Promise.resolve(); }
}
