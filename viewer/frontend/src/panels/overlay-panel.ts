/** Overlays of the active pane: opacity, what is shown, colors and segments of label maps, colors and threshold of heat maps. */

import type { Layer } from "../core/layer";
import { type Label, labelsOf } from "../core/palette";
import { formatValue } from "../core/window-level";
import type { OverlayState, Pane, Workspace } from "../state/workspace";
import { colorBar, colorMapOptions } from "./color-names";
import { whenDescribed } from "./described";
import { button, element } from "./element";
import { rangeField } from "./popover";

const THRESHOLD_STEPS = 200;

export function overlayPanel(workspace: Workspace): HTMLElement {
  const root = element("div", { class: "hv-overlays" });
  let filled = "";
  let followers: (() => void)[] = [];
  const show = (): void => {
    const pane = workspace.active;
    const key = `${pane.id}:${String(pane.state.image)}:${workspace.meta === null ? "" : "described"}`;
    if (key !== filled) {
      followers = [];
      root.replaceChildren(...contentOf(pane, followers));
      filled = key;
    }
    followers.forEach((follow) => { follow(); });
  };
  whenDescribed(workspace, show);
  workspace.on("change", show);
  return root;
}

type Followers = (() => void)[];

function contentOf(pane: Pane, followers: Followers): Node[] {
  const { fitting: all, refused } = pane.overlays;
  // Masks that are drawn here have a panel of their own.
  const fitting = all.filter(({ local }) => !local);
  if (fitting.length + refused.length === 0) {
    return [element("p", { class: "hv-hint" }, "This image has no overlays. Segmentations and heat maps of the same case would be listed here.")];
  }
  return [
    ...(fitting.length > 0 ? switches(pane, followers) : []),
    ...fitting.map((layer) => (pane.overlayKind(layer.index) === "heat" ? heatMap(pane, layer, followers) : labelMap(pane, layer, followers))),
    ...refused.map(({ reason }) => element("p", { class: "hv-refused" }, reason)),
  ];
}

function switches(pane: Pane, followers: Followers): Node[] {
  const shown = check("Show overlays", () => pane.state.overlaysShown, () => { pane.showOverlays(!pane.state.overlaysShown); }, followers);
  shown.append(element("kbd", { "aria-hidden": "true" }, "O"));
  return [
    element("div", {}, shown, percentField("Opacity", () => pane.state.overlayOpacity, (value) => { pane.setOverlayOpacity(value); }, followers)),
  ];
}

function labelMap(pane: Pane, layer: Layer, followers: Followers): HTMLElement {
  const labels = labelsOf(layer.meta);
  const [only] = labels;
  const head = layerSwitch(pane, layer, followers);
  // A mask with a single label that bears the overlay's own name needs no second line.
  if (labels.length === 1 && only?.name === layer.meta.name) {
    head.insertBefore(swatch(only.color), head.lastChild);
    return element("div", { class: "hv-layer" }, head);
  }
  const list = element("ul", { class: "hv-segments", "aria-label": `Segments of ${layer.meta.name}` }, ...labels.map((label) => segment(pane, layer, label, followers)));
  const parts: Node[] = [head, list];
  if (labels.length > 1) parts.push(segmentButtons(pane, layer, labels));
  return element("div", { class: "hv-layer" }, ...parts);
}

function segment(pane: Pane, layer: Layer, { value, name, color }: Label, followers: Followers): HTMLElement {
  const line = check(
    name,
    () => pane.overlay(layer.index)?.hiddenLabels.has(value) !== true,
    () => { pane.toggleLabel(layer.index, value); },
    followers,
  );
  line.insertBefore(swatch(color), line.lastChild);
  return element("li", {}, line);
}

function segmentButtons(pane: Pane, layer: Layer, labels: readonly Label[]): HTMLElement {
  const set = (hiddenLabels: OverlayState["hiddenLabels"]): void => { pane.setOverlay(layer.index, { hiddenLabels }); };
  return element(
    "div",
    { class: "hv-segment-buttons" },
    button({ label: `All segments of ${layer.meta.name}`, text: "All", onClick: () => { set(new Set()); } }),
    button({ label: `No segment of ${layer.meta.name}`, text: "None", onClick: () => { set(new Set(labels.map(({ value }) => value))); } }),
  );
}

function heatMap(pane: Pane, layer: Layer, followers: Followers): HTMLElement {
  const choice = element("select", { class: "hv-select" }, ...colorMapOptions());
  const legend = element("div", { class: "hv-legend" });
  choice.addEventListener("change", () => { pane.setOverlay(layer.index, { colorMap: choice.value }); });
  followers.push(() => {
    const name = pane.overlay(layer.index)?.colorMap ?? "";
    if (choice.value !== name || !legend.firstChild) legend.replaceChildren(colorBar(name));
    choice.value = name;
  });
  return element(
    "div",
    { class: "hv-layer" },
    layerSwitch(pane, layer, followers),
    percentField(
      `Opacity of ${layer.meta.name}`,
      () => pane.overlay(layer.index)?.opacity ?? 1,
      (opacity) => { pane.setOverlay(layer.index, { opacity }); },
      followers,
    ),
    element("label", { class: "hv-field" }, element("span", {}, "Colors"), choice),
    legend,
    ...thresholdFields(pane, layer),
  );
}

/** Values below the lower end are transparent, those above the upper end have the last color. */
function thresholdFields(pane: Pane, layer: Layer): HTMLElement[] {
  const [lowest, highest] = layer.meta.range ?? [0, 1];
  const threshold = (): readonly [number, number] => pane.overlay(layer.index)?.threshold ?? [lowest, highest];
  const field = (label: string, end: 0 | 1): HTMLElement =>
    rangeField({
      label,
      min: lowest,
      max: highest,
      step: (highest - lowest) / THRESHOLD_STEPS || 1,
      value: threshold()[end],
      say: (value) => `${formatValue(value)} ${layer.meta.unit}`.trim(),
      change: (value) => {
        const [low, high] = threshold();
        pane.setOverlay(layer.index, { threshold: end === 0 ? [Math.min(value, high), high] : [low, Math.max(value, low)] });
      },
    });
  return [field("Show from", 0), field("Full color at", 1)];
}

function layerSwitch(pane: Pane, layer: Layer, followers: Followers): HTMLElement {
  return check(
    layer.meta.name,
    () => pane.overlay(layer.index)?.shown !== false,
    () => { pane.setOverlay(layer.index, { shown: pane.overlay(layer.index)?.shown === false }); },
    followers,
  );
}

function check(name: string, checked: () => boolean, change: () => void, followers: Followers): HTMLElement {
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", change);
  followers.push(() => { box.checked = checked(); });
  return element("label", { class: "hv-check" }, box, element("span", {}, name));
}

function percentField(label: string, value: () => number, change: (value: number) => void, followers: Followers): HTMLElement {
  const say = (share: number): string => `${Math.round(share * 100)} %`;
  const field = rangeField({ label, min: 0, max: 1, step: 0.05, value: value(), say, change });
  const slider = field.querySelector("input");
  const said = field.querySelector(".hv-said");
  followers.push(() => {
    if (slider && document.activeElement !== slider) slider.value = String(value());
    if (said) said.textContent = say(value());
  });
  return field;
}

function swatch(color: string): HTMLElement {
  const made = element("span", { class: "hv-swatch" });
  made.style.backgroundColor = color;
  return made;
}
