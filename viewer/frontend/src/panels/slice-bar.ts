/** The bar below: slice slider over a strip that shows what is loaded, and time points of a 4D image. */

import type { Viewer } from "../state/viewer";
import { button, element } from "./element";
import * as icons from "./icons";

export interface SliceBar {
  readonly root: HTMLElement;
  /** Repaints the strip; cheap, called at most once per frame. */
  paint(): void;
}

export function sliceBar(viewer: Viewer): SliceBar {
  const strip = element("canvas", { class: "hv-strip", height: "1", width: "1", "aria-hidden": "true" });
  const slider = element("input", { type: "range", min: "0", max: "0", value: "0", class: "hv-slider" });
  const count = element("output", { class: "hv-count" });
  slider.addEventListener("input", () => { viewer.goTo(viewer.state.plane, Number(slider.value)); });
  const row = element(
    "div",
    { class: "hv-slice-row" },
    button({ label: "Previous slice", icon: icons.previous, onClick: () => { viewer.step(-1); } }),
    element("div", { class: "hv-track" }, strip, slider),
    button({ label: "Next slice", icon: icons.next, onClick: () => { viewer.step(1); } }),
    count,
  );
  const root = element("div", { class: "hv-slices" }, row, timeRow(viewer));
  const show = (): void => {
    const total = viewer.plane?.count ?? 0;
    row.hidden = total < 2;
    root.hidden = total < 2 && (viewer.image?.meta.timepoints ?? 1) < 2;
    slider.max = String(Math.max(0, total - 1));
    slider.value = String(viewer.index);
    slider.setAttribute("aria-label", `${viewer.state.plane} slice`);
    slider.setAttribute("aria-valuetext", `${viewer.index + 1} of ${total}`);
    count.textContent = `${viewer.index + 1} / ${total}`;
  };
  viewer.on("change", show);
  show();
  const paint = stripPainter(viewer, strip);
  let waiting = false;
  viewer.on("progress", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  });
  return { root, paint };
}

function timeRow(viewer: Viewer): HTMLElement {
  const slider = element("input", { type: "range", min: "0", class: "hv-slider", "aria-label": "Time point" });
  const count = element("output", { class: "hv-count" });
  const row = element(
    "div",
    { class: "hv-slice-row hv-time-row" },
    element("span", { class: "hv-row-name" }, "Time"),
    element("div", { class: "hv-track" }, slider),
    count,
  );
  slider.addEventListener("input", () => { viewer.showTimepoint(Number(slider.value)); });
  viewer.on("change", (state) => {
    const total = viewer.image?.meta.timepoints ?? 1;
    row.hidden = total < 2;
    slider.max = String(total - 1);
    slider.value = String(state.timepoint);
    slider.setAttribute("aria-valuetext", `${state.timepoint + 1} of ${total}`);
    count.textContent = `${state.timepoint + 1} / ${total}`;
  });
  row.hidden = true;
  return row;
}

/** One pixel per stored slice, stretched by CSS; in a cut through all slices the share that is loaded. */
function stripPainter(viewer: Viewer, strip: HTMLCanvasElement): () => void {
  let colors: readonly [preview: string, full: string] | undefined;
  return () => {
    const { plane, image } = viewer;
    const context = strip.getContext("2d");
    if (!plane || !image || !context) return;
    colors ??= colorsOf(strip);
    const depth = image.meta.size[2];
    const states = Array.from({ length: depth }, (_, k) => viewer.loadedState(k));
    // A cut needs every slice, so its strip fills from the left like a progress bar.
    if (plane.normal !== 2) states.sort((a, b) => b - a);
    if (strip.width !== depth) strip.width = depth;
    context.clearRect(0, 0, depth, 1);
    for (const [k, state] of states.entries()) {
      if (state < 0) continue;
      context.fillStyle = colors[state === 1 ? 1 : 0];
      context.fillRect(k, 0, 1, 1);
    }
  };
}

function colorsOf(strip: HTMLCanvasElement): readonly [preview: string, full: string] {
  const style = getComputedStyle(strip);
  return [style.getPropertyValue("--hv-strip-preview"), style.getPropertyValue("--hv-strip-full")];
}
