/** The bar on top: way back, title, planes, tools, presets, overlays, help. */

import { PLANES } from "../core/planes";
import { presetsFor } from "../core/window-level";
import type { Tool } from "../state/view-state";
import type { Viewer } from "../state/viewer";
import { button, element, group, icon, setPressed } from "./element";
import * as icons from "./icons";

export interface ToolbarOptions {
  readonly viewer: Viewer;
  readonly title: string;
  readonly backUrl: string;
  readonly onHelp: () => void;
  readonly onOverlays: () => void;
  /** Gives the keyboard back to the picture after a choice made with the mouse. */
  readonly refocus: () => void;
}

const TOOLS: readonly { id: Tool; label: string; key: string; icon: string }[] = [
  { id: "window", label: "Window and level: drag on the picture", key: "W", icon: icons.window },
  { id: "scroll", label: "Scroll through slices: drag on the picture", key: "D", icon: icons.scroll },
  { id: "pan", label: "Move the picture", key: "P", icon: icons.pan },
  { id: "zoom", label: "Zoom: drag up and down", key: "Z", icon: icons.zoom },
];

export function toolbar(options: ToolbarOptions): HTMLElement {
  const { viewer } = options;
  const controls = element(
    "div",
    { class: "hv-controls", role: "toolbar", "aria-label": "Viewer", hidden: "" },
    imageChoice(viewer, options.refocus),
    planeButtons(viewer),
    toolButtons(viewer),
    presetChoice(viewer, options.refocus),
    lookButtons(viewer),
    overlayButton(viewer, options.onOverlays),
    group("Help", button({ label: "Keyboard and mouse help", key: "?", icon: icons.help, onClick: options.onHelp })),
  );
  viewer.on("described", () => { controls.hidden = false; });
  return element("div", { class: "hv-bar" }, heading(options), controls);
}

function heading({ viewer, title, backUrl }: ToolbarOptions): HTMLElement {
  const back = element("a", { class: "hv-button", href: backUrl, "aria-label": "Back", title: "Back" }, icon(icons.back));
  const name = element("h1", { class: "hv-title" }, title);
  viewer.on("described", (meta) => {
    name.textContent = title || meta.title;
    name.title = name.textContent;
  });
  const box = element("div", { class: "hv-heading" }, name);
  if (backUrl) box.prepend(back);
  return box;
}

function planeButtons(viewer: Viewer): HTMLElement {
  const buttons = PLANES.map((plane) => {
    const name = plane[0]?.toUpperCase() + plane.slice(1);
    const made = button({
      label: `${name} plane`,
      key: plane[0]?.toUpperCase() ?? "",
      text: name,
      onClick: () => { viewer.showPlane(plane); },
    });
    viewer.on("change", (state) => { setPressed(made, state.plane === plane); });
    return made;
  });
  const box = group("Plane", ...buttons);
  box.classList.add("hv-segmented");
  // One single picture has no other planes.
  viewer.on("change", () => { box.hidden = (viewer.image?.meta.size[2] ?? 1) < 2; });
  return box;
}

function toolButtons(viewer: Viewer): HTMLElement {
  const buttons = TOOLS.map((tool) => {
    const made = button({ ...tool, onClick: () => { viewer.update({ tool: tool.id }); } });
    viewer.on("change", (state) => { setPressed(made, state.tool === tool.id); });
    setPressed(made, viewer.state.tool === tool.id);
    return made;
  });
  return group("Tool for dragging", ...buttons);
}

function presetChoice(viewer: Viewer, refocus: () => void): HTMLElement {
  const choice = element("select", { class: "hv-select", "aria-label": "Window preset", title: "Window preset (1–9)" });
  const fill = (): void => {
    const presets = viewer.image ? presetsFor(viewer.image.meta) : [];
    const options = presets.map(({ id, name }) => element("option", { value: id }, name));
    choice.replaceChildren(element("option", { value: "", disabled: "", hidden: "" }, "Custom window"), ...options);
    choice.hidden = presets.length === 0;
  };
  fill();
  let shown = -1;
  viewer.on("change", (state) => {
    if (state.image !== shown || choice.options.length < 2) fill();
    shown = state.image;
    choice.value = state.preset ?? "";
  });
  choice.addEventListener("change", () => {
    viewer.applyPreset(choice.value);
    refocus();
  });
  return choice;
}

function imageChoice(viewer: Viewer, refocus: () => void): HTMLElement {
  const choice = element("select", { class: "hv-select", "aria-label": "Image", title: "Image", hidden: "" });
  viewer.on("described", () => {
    const options = viewer.images.map(({ index, meta }) => element("option", { value: String(index) }, meta.name));
    choice.replaceChildren(...options);
    choice.hidden = options.length < 2;
  });
  viewer.on("change", (state) => { choice.value = String(state.image); });
  choice.addEventListener("change", () => {
    viewer.showImage(Number(choice.value));
    refocus();
  });
  return choice;
}

function lookButtons(viewer: Viewer): HTMLElement {
  const invert = button({
    label: "Invert black and white",
    key: "I",
    icon: icons.invert,
    onClick: () => { viewer.update({ inverted: !viewer.state.inverted }); },
  });
  const cross = button({
    label: "Crosshair",
    key: "X",
    icon: icons.crosshair,
    onClick: () => { viewer.update({ crosshair: !viewer.state.crosshair }); },
  });
  viewer.on("change", (state) => {
    setPressed(invert, state.inverted);
    setPressed(cross, state.crosshair);
  });
  return group(
    "Look",
    button({ label: "Zoom out", key: "-", icon: icons.zoomOut, onClick: () => { viewer.zoomBy(1 / 1.25); } }),
    button({ label: "Zoom in", key: "+", icon: icons.zoomIn, onClick: () => { viewer.zoomBy(1.25); } }),
    button({ label: "Fit to the window", key: "F", icon: icons.fit, onClick: () => { viewer.fit(); } }),
    invert,
    cross,
    button({ label: "Reset view and window", key: "R", icon: icons.reset, onClick: () => { viewer.reset(); } }),
  );
}

function overlayButton(viewer: Viewer, onOverlays: () => void): HTMLElement {
  const made = button({ label: "Overlays", icon: icons.layers, text: "Overlays", onClick: onOverlays });
  made.setAttribute("aria-controls", "hv-overlays");
  const box = group("Overlays", made);
  box.hidden = true;
  viewer.on("described", () => {
    const { fitting, refused } = viewer.overlays;
    box.hidden = fitting.length + refused.length === 0;
  });
  return box;
}
