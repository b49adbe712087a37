/** The panes of the layout, beside each other or one alone. */

import { upright } from "../core/hanging";
import type { Pane, PaneId } from "../state/workspace";
import type { Desk } from "./desk";
import { element } from "./element";
import type { MarkLayer } from "./mark-layer";
import type { Over } from "./mask-keys";
import { PaneView } from "./pane-view";

/** Width by height up to which a screen counts as standing. */
const STANDING = 0.75;

export class PaneGrid {
  readonly root = element("div", { class: "hv-grid" });
  private readonly desk: Desk;
  private readonly views = new Map<PaneId, PaneView>();
  private stands = false;

  constructor(desk: Desk) {
    this.desk = desk;
    const { workspace } = desk;
    workspace.on("layout", () => { this.build(); });
    workspace.on("change", () => {
      this.arrange();
      this.requestAll();
    });
    workspace.on("drawn", (id) => { this.views.get(id)?.request(); });
    workspace.on("progress", () => { this.requestAll(); });
    workspace.on("described", () => { this.requestAll(); });
    const showMarks = (): void => { for (const view of this.views.values()) view.showMarks(); };
    workspace.annotations.on("change", showMarks);
    workspace.drawing.on("change", showMarks);
    workspace.on("pointer", (id) => { this.views.get(id)?.showCursor(); });
    this.build();
    new ResizeObserver(() => { this.turn(); }).observe(this.root);
  }

  /** The active pane's picture, which takes the keys. */
  get activeStage(): HTMLElement | undefined {
    return this.views.get(this.desk.workspace.state.active)?.stage;
  }

  marksOf(pane: Pane): MarkLayer | undefined {
    return this.views.get(pane.id)?.marks;
  }

  /** What lies over a pane's picture. */
  over(pane: Pane): Over | undefined {
    return this.views.get(pane.id);
  }

  private requestAll(): void {
    for (const view of this.views.values()) view.request();
  }

  /** Panes that stay are left as they are: their pictures need not be made again. */
  private build(): void {
    const { panes } = this.desk.workspace;
    const focused = this.root.contains(document.activeElement);
    const wanted = new Set(panes.map(({ id }) => id));
    for (const [id, view] of this.views) {
      if (wanted.has(id)) continue;
      view.close();
      this.views.delete(id);
    }
    for (const pane of panes) {
      if (this.views.has(pane.id)) continue;
      const view = new PaneView(this.desk, pane);
      this.views.set(pane.id, view);
      this.root.append(view.root);
    }
    this.arrange();
    if (focused && !this.root.contains(document.activeElement)) this.activeStage?.focus({ preventScroll: true });
  }

  /** Columns become rows where the screen is higher than wide. */
  private turn(): void {
    const { clientWidth: width, clientHeight: height } = this.root;
    const stands = width < height * STANDING;
    if (stands === this.stands) return;
    this.stands = stands;
    this.arrange();
    this.requestAll();
  }

  private arrange(): void {
    const { layout, hanging, maximized, active } = this.desk.workspace.state;
    const alone = maximized !== null;
    const hung = alone ? null : (hanging?.places ?? null);
    const places = hung && this.stands ? upright(hung) : hung;
    const { rows, columns } = this.stands && layout.columns > layout.rows ? { rows: layout.columns, columns: layout.rows } : layout;
    this.root.classList.toggle("hv-placed", places !== null);
    this.root.style.gridTemplate = alone || places
      ? "minmax(0, 1fr) / minmax(0, 1fr)"
      : `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))`;
    this.root.classList.toggle("hv-several", !alone && this.views.size > 1);
    for (const [id, view] of this.views) {
      view.root.hidden = alone && id !== maximized;
      view.root.classList.toggle("hv-active", id === active);
      view.place(places?.[id] ?? null);
    }
  }
}
