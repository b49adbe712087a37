/** Legend of the overlays: on and off, opacity, and one line per label with its color and name. */

import type { Layer } from "../core/layer";
import { type Label, labelsOf } from "../core/palette";
import type { Viewer } from "../state/viewer";
import { element } from "./element";

/** CSS pixels below which the legend would hide the picture and waits for its button. */
const NARROW = 640;

export interface OverlayPanel {
  readonly root: HTMLElement;
  toggle(): void;
}

export function overlayPanel(viewer: Viewer): OverlayPanel {
  const root = element("section", { id: "hv-overlays", class: "hv-overlays", "aria-label": "Overlays", hidden: "" });
  const fill = (): void => {
    const { fitting, refused } = viewer.overlays;
    root.replaceChildren(
      ...(fitting.length > 0 ? [switches(viewer)] : []),
      ...fitting.map((layer) => legend(viewer, layer)),
      ...refused.map(({ reason }) => element("p", { class: "hv-refused" }, reason)),
    );
  };
  let shown = -1;
  viewer.on("described", () => {
    fill();
    root.hidden = viewer.stage.width < NARROW || viewer.overlays.fitting.length === 0;
  });
  viewer.on("change", (state) => {
    if (viewer.meta && state.image !== shown) fill();
    shown = state.image;
  });
  return { root, toggle: () => { root.hidden = !root.hidden; } };
}

function switches(viewer: Viewer): HTMLElement {
  const shown = element("input", { type: "checkbox" });
  const opacity = element("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.05",
    "aria-label": "Opacity of the overlays",
    title: "Opacity",
  });
  const show = (): void => {
    shown.checked = viewer.state.overlaysShown;
    opacity.value = String(viewer.state.opacity);
  };
  show();
  viewer.on("change", show);
  shown.addEventListener("change", () => { viewer.showOverlays(shown.checked); });
  opacity.addEventListener("input", () => { viewer.update({ opacity: Number(opacity.value) }); });
  return element(
    "div",
    { class: "hv-overlay-switches" },
    element("label", {}, shown, "Overlays", element("kbd", {}, "O")),
    opacity,
  );
}

function legend(viewer: Viewer, layer: Layer): HTMLElement {
  const labels = labelsOf(layer.meta);
  const [only] = labels;
  // A mask with a single label that bears the overlay's own name needs no second line.
  if (labels.length === 1 && only?.name === layer.meta.name) return layerLine(viewer, layer, only.color);
  const list = element("ul", {}, ...labels.map((label) => labelLine(viewer, layer, label)));
  return element("div", { class: "hv-legend" }, layerLine(viewer, layer), list);
}

function layerLine(viewer: Viewer, layer: Layer, color?: string): HTMLElement {
  const box = checkbox(viewer, () => !viewer.state.hiddenLayers.has(layer.index));
  box.addEventListener("change", () => { viewer.toggleLayer(layer.index); });
  const line = element("label", { class: "hv-layer" }, box);
  if (color) line.append(swatch(color));
  line.append(layer.meta.name);
  return line;
}

function labelLine(viewer: Viewer, layer: Layer, label: Label): HTMLElement {
  const key = `${layer.index}:${label.value}`;
  const box = checkbox(viewer, () => !viewer.state.hiddenLabels.has(key));
  box.addEventListener("change", () => { viewer.toggleLabel(layer.index, label.value); });
  return element("li", {}, element("label", {}, box, swatch(label.color), label.name));
}

function checkbox(viewer: Viewer, checked: () => boolean): HTMLInputElement {
  const box = element("input", { type: "checkbox" });
  box.checked = checked();
  viewer.on("change", () => { box.checked = checked(); });
  return box;
}

function swatch(color: string): HTMLElement {
  const made = element("span", { class: "hv-swatch" });
  made.style.backgroundColor = color;
  return made;
}
