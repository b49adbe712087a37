/** A value that is no image and fills a viewport: a chart, a document, a picture, a film. */

import type { Pane, Workspace } from "../state/workspace";
import { element, setHidden } from "./element";

export class ValueView {
  readonly root = element("div", { class: "hv-value", role: "region", tabindex: "0", hidden: "" });
  private readonly workspace: Workspace;
  private readonly pane: Pane;
  private shown: string | null = null;

  constructor(workspace: Workspace, pane: Pane) {
    this.workspace = workspace;
    this.pane = pane;
  }

  /** Title of what is shown; null where the pane shows an image, or nothing. */
  show(): string | null {
    const { state, id } = this.pane;
    const slug = state.image === null ? (this.workspace.state.hanging?.values[id] ?? null) : null;
    const title = slug === null ? null : (this.workspace.arrangement.sockets.find((socket) => socket.slug === slug)?.title ?? slug);
    setHidden(this.root, slug === null);
    if (slug !== this.shown) {
      this.shown = slug;
      if (slug !== null) this.fill(slug, title ?? slug);
    }
    return title;
  }

  /** The page brought what there is to show, made as on the pages of the case. */
  private fill(slug: string, title: string): void {
    this.root.setAttribute("aria-label", title);
    const template = document.querySelector<HTMLTemplateElement>(`template[data-socket="${CSS.escape(slug)}"]`);
    const words = element("p", {}, "This cannot be shown here. The page of the case has it.");
    this.root.replaceChildren(element("h2", {}, title), template?.content.cloneNode(true) ?? words);
    // Links lead away from the case: they open beside it.
    for (const link of this.root.querySelectorAll("a")) link.target = "_blank";
    if (this.root.querySelector("[data-chart]")) void this.draw();
  }

  private async draw(): Promise<void> {
    const { drawCharts } = await import("../../../../app/sockets/frontend/charts");
    drawCharts(this.root);
  }
}
