/** One pane on the page: picture, readouts, slice bar, and what is said where there is no picture. */

import type { Pane } from "../state/workspace";
import type { Desk } from "./desk";
import { button, element } from "./element";
import { draggedImage } from "./image-list";
import { MarkLayer } from "./mark-layer";
import { PointerInput } from "./pointer";
import { Readouts } from "./readouts";
import { SliceBar } from "./slice-bar";
import { orientationName } from "./words";

export class PaneView {
  readonly root: HTMLElement;
  readonly stage: HTMLElement;
  readonly pane: Pane;
  readonly marks: MarkLayer;
  private readonly desk: Desk;
  private readonly readouts: Readouts;
  private readonly slices: SliceBar;
  private readonly message = element("div", { class: "hv-pane-message", role: "status", hidden: "" });
  private readonly empty: HTMLElement;
  private said = "";
  private scheduled = false;

  constructor(desk: Desk, pane: Pane) {
    this.desk = desk;
    this.pane = pane;
    this.readouts = new Readouts(pane);
    this.slices = new SliceBar(desk.workspace, pane);
    this.marks = new MarkLayer(desk.workspace, pane);
    const viewport = element("div", { class: "hv-viewport" });
    this.stage = element("div", { class: "hv-stage", tabindex: "0", role: "application", "aria-roledescription": "picture" });
    this.stage.append(viewport, this.readouts.crossLines, this.marks.root, this.readouts.root);
    this.empty = emptyState(desk);
    this.root = element("section", { class: "hv-pane" }, this.stage, this.slices.root, this.empty, this.message);
    this.stage.addEventListener("focus", () => { desk.workspace.activate(pane.id); });
    new PointerInput(desk, pane, this.stage, this.marks);
    this.takeImages();
    pane.mount(viewport);
    this.show();
  }

  close(): void {
    this.pane.unmount();
    this.root.remove();
  }

  /** Tells what is so in the next frame; many changes in one frame are told once. */
  request(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.show();
    });
  }

  /** Only what is drawn over the picture differs: at once, since a hand waits for it. */
  showMarks(): void {
    this.marks.show();
  }

  /** Only the pointer moved. */
  showCursor(): void {
    this.readouts.showCursor();
  }

  private show(): void {
    const { pane, desk } = this;
    const { workspace } = desk;
    this.root.classList.toggle("hv-active", pane.isActive);
    this.readouts.show();
    this.marks.show();
    this.slices.show();
    this.slices.paint();
    this.empty.hidden = pane.state.image !== null || workspace.meta === null;
    this.showMessage();
    this.stage.setAttribute("aria-label", this.name());
  }

  private name(): string {
    const { pane, desk } = this;
    const place = desk.workspace.panes.indexOf(pane) + 1;
    const which = desk.workspace.panes.length > 1 ? `Pane ${place}` : "Medical image";
    const what = pane.layer ? `${orientationName(pane.state.orientation).toLowerCase()} ${pane.layer.meta.modality} image` : "empty";
    return `${which}, ${what}. Arrow keys scroll, question mark shows all keys.`;
  }

  private showMessage(): void {
    const text = this.pane.state.image === null ? "" : (this.pane.refusal ?? "");
    if (text === this.said) return;
    this.said = text;
    this.message.hidden = text === "";
    const back = button({
      label: "Show the slices as stored",
      text: "Show the slices as stored",
      onClick: () => {
        this.pane.setSlab({ mode: "none" });
        this.pane.showOrientation("stored");
        this.desk.refocus();
      },
    });
    this.message.replaceChildren(...(text ? [element("p", {}, text), back] : []));
  }

  /** An image dragged from the list is shown where it is dropped. */
  private takeImages(): void {
    const { root, pane, desk } = this;
    root.addEventListener("dragover", (event) => {
      if (draggedImage(event) === null) return;
      event.preventDefault();
      root.classList.add("hv-drop");
    });
    root.addEventListener("dragleave", () => { root.classList.remove("hv-drop"); });
    root.addEventListener("drop", (event) => {
      root.classList.remove("hv-drop");
      const image = draggedImage(event);
      if (image === null) return;
      event.preventDefault();
      desk.workspace.activate(pane.id);
      pane.showImage(image);
      desk.refocus();
    });
  }
}

function emptyState(desk: Desk): HTMLElement {
  const choose = button({ label: "List of images", text: "List of images", key: "G", onClick: () => { desk.toggleImages(); } });
  return element("div", { class: "hv-empty", hidden: "" }, element("p", {}, "Nothing is shown here. Drag an image from the list into this pane."), choose);
}
