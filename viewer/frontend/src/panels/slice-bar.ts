/** The bar at a pane's edge: a slider of slices over a strip that shows what is loaded. */

import type { Pane, Workspace } from "../state/workspace";
import { element } from "./element";
import { orientationName } from "./words";

export class SliceBar {
  readonly root: HTMLElement;
  private readonly pane: Pane;
  private readonly slider = element("input", { type: "range", class: "hv-slider", min: "0", max: "0", value: "0" });
  private readonly strip = element("canvas", { class: "hv-strip", width: "1", height: "1", "aria-hidden": "true" });
  private colors: readonly [preview: string, full: string] | undefined;
  private painted = "";

  constructor(workspace: Workspace, pane: Pane) {
    this.pane = pane;
    this.root = element("div", { class: "hv-slices", hidden: "" }, this.strip, this.slider);
    this.slider.addEventListener("input", () => { pane.goTo(this.slider.valueAsNumber); });
    this.slider.addEventListener("pointerdown", () => { workspace.activate(pane.id); });
  }

  show(): void {
    const { pane, slider } = this;
    const { count, index } = pane;
    this.root.hidden = count < 2;
    slider.max = String(Math.max(0, count - 1));
    slider.value = String(index);
    slider.setAttribute("aria-label", `Slice, ${orientationName(pane.state.orientation).toLowerCase()}`);
    slider.setAttribute("aria-valuetext", `${index + 1} of ${count}`);
  }

  /** One pixel per stored slice, stretched by CSS; in a cut through all slices the share that is loaded. */
  paint(): void {
    const { pane, strip } = this;
    const layer = pane.layer;
    const context = strip.getContext("2d");
    if (!layer || !context || this.root.hidden) return;
    const depth = layer.meta.size[2];
    const states = Array.from({ length: depth }, (_, k) => pane.loadedState(k));
    // A cut needs every slice, so its strip fills from the top like a progress bar.
    if (!pane.showsStored) states.sort((a, b) => b - a);
    const painted = states.join("");
    if (painted === this.painted) return;
    this.painted = painted;
    this.colors ??= colorsOf(strip);
    if (strip.height !== depth) strip.height = depth;
    context.clearRect(0, 0, 1, depth);
    for (const [row, state] of states.entries()) {
      if (state < 0) continue;
      context.fillStyle = this.colors[state === 1 ? 1 : 0];
      context.fillRect(0, row, 1, 1);
    }
  }
}

function colorsOf(strip: HTMLCanvasElement): readonly [preview: string, full: string] {
  const style = getComputedStyle(strip);
  return [style.getPropertyValue("--hv-strip-preview"), style.getPropertyValue("--hv-strip-full")];
}
