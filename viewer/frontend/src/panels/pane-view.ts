/** One pane on the page: picture, readouts, slice bar, and what is said where there is no picture. */

import type { Pane, Place } from "../state/workspace";
import type { Desk } from "./desk";
import { button, element, setHidden } from "./element";
import { draggedImage } from "./image-list";
import { MarkLayer } from "./mark-layer";
import { MaskMarks } from "./mask-marks";
import { PointerInput } from "./pointer";
import { MoveHandle, draggedPane } from "./move-handle";
import { Readouts } from "./readouts";
import { SliceBar } from "./slice-bar";
import { TimeChart } from "./time-chart";
import { ValueView } from "./value-view";
import { orientationName } from "./words";

export class PaneView {
  readonly root: HTMLElement;
  readonly stage: HTMLElement;
  readonly pane: Pane;
  readonly marks: MarkLayer;
  readonly masks: MaskMarks;
  private readonly desk: Desk;
  private readonly readouts: Readouts;
  private readonly slices: SliceBar;
  private readonly message = element("div", { class: "hv-pane-message", role: "status", hidden: "" });
  private readonly empty: HTMLElement;
  private readonly handle: MoveHandle;
  private readonly chart: TimeChart;
  private readonly value: ValueView;
  private said = "";
  private scheduled = false;

  constructor(desk: Desk, pane: Pane) {
    this.desk = desk;
    this.pane = pane;
    this.readouts = new Readouts(pane);
    this.slices = new SliceBar(desk.workspace, pane);
    this.marks = new MarkLayer(desk.workspace, pane);
    this.masks = new MaskMarks(desk.workspace, pane);
    const viewport = element("div", { class: "hv-viewport" });
    this.stage = element("div", { class: "hv-stage", tabindex: "0", role: "application", "aria-roledescription": "picture" });
    this.stage.append(viewport, this.readouts.crossLines, this.masks.root, this.marks.root, this.readouts.root);
    this.empty = emptyState(desk);
    this.handle = new MoveHandle(desk, pane);
    this.chart = new TimeChart(desk.workspace, pane);
    this.value = new ValueView(desk.workspace, pane);
    this.root = element(
      "section",
      { class: "hv-pane" },
      this.stage, this.slices.root, this.empty, this.chart.root, this.value.root, this.message, this.handle.root,
    );
    this.stage.addEventListener("focus", () => { desk.workspace.activate(pane.id); });
    new PointerInput(desk, pane, this.stage, this);
    this.takeImages();
    pane.mount(viewport);
    this.show();
  }

  close(): void {
    this.pane.unmount();
    this.root.remove();
  }

  /** Where it lies, in shares of the screen; null in a grid or alone. */
  place(place: Place | null): void {
    const share = (value: number): string => (place ? `${value * 100}%` : "");
    const { style } = this.root;
    style.left = share(place?.left ?? 0);
    style.top = share(place?.top ?? 0);
    style.width = share(place?.width ?? 0);
    style.height = share(place?.height ?? 0);
    // Orders are within 10,000 of 0 and stay below the messages over the panes.
    style.zIndex = place ? String(place.order + 10_000) : "";
    style.opacity = place && place.opacity < 1 ? String(place.opacity) : "";
    this.root.classList.toggle("hv-over", place !== null && place.parent !== null);
    this.stage.classList.toggle("hv-fixed", place !== null && !place.selectable);
    this.stage.tabIndex = place !== null && !place.selectable ? -1 : 0;
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
    this.masks.showBrush();
  }

  private show(): void {
    const { pane, desk } = this;
    const { workspace } = desk;
    this.root.classList.toggle("hv-active", pane.isActive);
    this.readouts.show();
    this.marks.show();
    this.masks.showBrush();
    this.slices.show();
    this.slices.paint();
    const isChart = pane.place?.special === "intensity-over-time-chart";
    const value = this.value.show();
    this.empty.hidden = pane.state.image !== null || workspace.meta === null || isChart || value !== null;
    this.chart.show(isChart);
    this.handle.show();
    setHidden(this.slices.root, this.slices.root.hidden || pane.place?.special === "minimap");
    this.showMessage();
    this.stage.setAttribute("aria-label", this.name(value));
  }

  private name(value: string | null): string {
    const { pane, desk } = this;
    const place = desk.workspace.panes.indexOf(pane) + 1;
    const label = pane.place?.label;
    const which = label || (desk.workspace.panes.length > 1 ? `Pane ${place}` : "Medical image");
    const what = pane.layer ? `${orientationName(pane.state.orientation).toLowerCase()} ${pane.layer.meta.modality} image` : (value ?? "empty");
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
      if (draggedImage(event) === null && draggedPane(event) === null) return;
      event.preventDefault();
      root.classList.add("hv-drop");
    });
    root.addEventListener("dragleave", () => { root.classList.remove("hv-drop"); });
    root.addEventListener("drop", (event) => {
      root.classList.remove("hv-drop");
      const other = draggedPane(event);
      if (other !== null) {
        event.preventDefault();
        desk.workspace.swap(other, pane.id);
        return;
      }
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
