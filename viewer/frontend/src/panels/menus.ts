/** The menus of the toolbar. Each tells what is so when it opens. */

import { type Window, formatValue } from "../core/window-level";
import type { Pane, SlabMode, Tool } from "../state/workspace";
import { colorMapChoices } from "./color-names";
import type { Desk, MenuName } from "./desk";
import { button, element } from "./element";
import { hangingContent } from "./hanging-menu";
import * as icons from "./icons";
import { drawMenu } from "./draw-menu";
import { layoutPicker } from "./layout-picker";
import { type Menu, checkLine, choices, menu, rangeField } from "./popover";
import { FASTEST, INTERPOLATIONS, LINKS, MOUSE_BUTTONS, SLAB_MODES, TOOLS, millimetres } from "./words";

const THICKEST = 100;

export function buildMenus(desk: Desk): Readonly<Record<MenuName, Menu>> {
  const { workspace } = desk;
  const refocus = (): void => { desk.refocus(); };
  const made = {
    layout: menu({ label: "Layout", key: "L", icon: icons.layout, refocus, content: (own) => layoutContent(desk, own) }),
    window: menu({ label: "Window", key: "V", icon: icons.window, text: "Window", refocus, content: (own) => windowContent(workspace.active, own) }),
    colors: menu({ label: "Colors and smoothing", key: "K", icon: icons.colors, refocus, content: (own) => colorContent(workspace.active, own) }),
    turn: menu({ label: "Turn and mirror", icon: icons.turn, refocus, content: () => turnContent(workspace.active) }),
    slab: menu({ label: "Slab", key: "Shift T", icon: icons.slab, text: "", refocus, content: (own) => slabContent(workspace.active, own) }),
    links: menu({ label: "Links between panes", key: "Shift Y", icon: icons.links, refocus, content: () => linkContent(desk) }),
    mouse: menu({ label: "Mouse buttons", icon: icons.mouse, refocus, content: () => mouseContent(desk) }),
    cine: menu({ label: "Cine", icon: icons.cine, refocus, content: (own) => cineContent(workspace.active, own) }),
    draw: drawMenu(desk),
  };
  return made;
}

function layoutContent(desk: Desk, own: Menu): Node[] {
  const { workspace } = desk;
  const picker = layoutPicker(workspace.state.layout, (layout) => {
    workspace.setLayout(layout);
    own.close(true);
  });
  const mpr = button({
    label: "Three planes (MPR)",
    text: "Three planes (MPR)",
    icon: icons.mpr,
    key: "M",
    onClick: () => {
      workspace.showMpr();
      own.close(true);
    },
  });
  return [...hangingContent(desk, own), picker, element("div", { class: "hv-menu-part hv-context" }, mpr)];
}

function windowContent(pane: Pane, own: Menu): Node[] {
  const list = pane.presets.map(({ id, name }, index) => ({ value: id, name, detail: index < 9 ? String(index + 1) : "" }));
  if (list.length === 0) return [element("p", { class: "hv-hint" }, "A color image is shown in its own colors, without a window.")];
  return [
    choices({
      legend: "Window",
      list,
      current: pane.state.preset,
      choose: (id) => { pane.applyPreset(id); },
      done: () => { own.close(true); },
    }),
    element(
      "div",
      { class: "hv-menu-part" },
      numberField("Width", pane.state.window.width, (width) => { setWindow(pane, { width }); }),
      numberField("Level", pane.state.window.center, (center) => { setWindow(pane, { center }); }),
      element("p", { class: "hv-hint" }, "Or drag on the picture: right and left for width, up and down for level."),
    ),
  ];
}

function setWindow(pane: Pane, patch: Partial<Window>): void {
  const window = { ...pane.state.window, ...patch };
  if (window.width > 0 && Number.isFinite(window.center)) pane.setWindow(window);
}

function numberField(name: string, value: number, change: (value: number) => void): HTMLElement {
  const field = element("input", { type: "number", class: "hv-number", step: "any" });
  field.value = formatValue(value).replace("−", "-");
  field.addEventListener("change", () => {
    if (Number.isFinite(field.valueAsNumber)) change(field.valueAsNumber);
  });
  return element("label", { class: "hv-field" }, element("span", {}, name), field);
}

function colorContent(pane: Pane, own: Menu): Node[] {
  const colored = (pane.layer?.meta.components ?? 1) >= 3;
  const maps = choices({
    legend: "Colors",
    list: colorMapChoices(colored),
    current: pane.state.colorMap,
    choose: (name) => { pane.setColorMap(name); },
    done: () => { own.close(true); },
  });
  const smoothing = choices({
    legend: "Between pixels",
    list: INTERPOLATIONS.map(({ id, name }) => ({ value: id, name })),
    current: pane.state.interpolation,
    choose: (interpolation) => { pane.setInterpolation(interpolation); },
    done: () => { own.close(true); },
  });
  return [maps, smoothing];
}

function turnContent(pane: Pane): Node[] {
  const lines = [
    button({ label: "Turn to the right", text: "Turn to the right", key: "E", icon: icons.turn, onClick: () => { pane.rotateBy(90); } }),
    button({ label: "Turn to the left", text: "Turn to the left", key: "Shift E", icon: icons.reset, onClick: () => { pane.rotateBy(-90); } }),
    button({ label: "Mirror left and right", text: "Mirror left and right", key: "H", icon: icons.flipHorizontal, onClick: () => { pane.flip("horizontal"); } }),
    button({ label: "Mirror top and bottom", text: "Mirror top and bottom", key: "J", icon: icons.flipVertical, onClick: () => { pane.flip("vertical"); } }),
  ];
  return [element("div", { class: "hv-context" }, ...lines)];
}

function slabContent(pane: Pane, own: Menu): Node[] {
  const single = (pane.layer?.meta.size[2] ?? 1) < 2;
  if (single) return [element("p", { class: "hv-hint" }, "A single picture has no slab.")];
  const modes = choices<SlabMode>({
    legend: "Through the slab",
    list: SLAB_MODES.map(({ id, name }) => ({ value: id, name })),
    current: pane.state.slab.mode,
    choose: (mode) => { pane.setSlab({ mode }); },
    done: () => { own.close(true); },
  });
  const thickness = rangeField({
    label: "Thickness",
    min: 1,
    max: THICKEST,
    step: 1,
    value: pane.state.slab.thickness,
    say: millimetres,
    change: (value) => { pane.setSlab({ thickness: value }); },
  });
  return [modes, element("div", { class: "hv-menu-part" }, thickness)];
}

function linkContent({ workspace }: Desk): Node[] {
  const lines = LINKS.map(({ id, name }) =>
    checkLine(name, workspace.state.links[id], (linked) => { workspace.setLink(id, linked); }, id === "scroll" ? "Y" : undefined),
  );
  return [
    element("fieldset", {}, element("legend", {}, "Linked between panes"), ...lines),
    element(
      "div",
      { class: "hv-menu-part" },
      checkLine("Lines of the other planes", workspace.state.crosshairs, (shown) => { workspace.setCrosshairs(shown); }, "Shift X"),
    ),
  ];
}

function mouseContent({ workspace }: Desk): Node[] {
  const rows = MOUSE_BUTTONS.map(({ id, name }) => {
    const choice = element("select", { class: "hv-select" }, ...TOOLS.map((tool) => element("option", { value: tool.id }, tool.name)));
    choice.value = workspace.state.tools[id];
    choice.addEventListener("change", () => { workspace.setTool(id, choice.value as Tool); });
    return element("label", { class: "hv-field" }, element("span", {}, name), choice);
  });
  return [
    element("p", { class: "hv-menu-title" }, "What dragging does"),
    ...rows,
    element("p", { class: "hv-hint" }, "The wheel scrolls; with Ctrl it zooms. Shift and the left button move the picture, Ctrl and the left button zoom."),
  ];
}

function cineContent(pane: Pane, own: Menu): Node[] {
  const { cine } = pane.state;
  const play = button({
    label: cine.playing ? "Stop" : "Play",
    text: cine.playing ? "Stop" : "Play",
    key: "Space",
    icon: cine.playing ? icons.pause : icons.play,
    onClick: () => {
      if (pane.state.cine.playing) pane.pause();
      else pane.play();
      own.renew();
    },
  });
  const speed = rangeField({
    label: "Speed",
    min: 1,
    max: FASTEST,
    step: 1,
    value: cine.fps,
    say: (fps) => `${fps} per second`,
    change: (fps) => { pane.play(fps); },
  });
  const over = cine.over === "time" ? "Runs through the time points." : "Runs through the slices.";
  return [element("div", { class: "hv-context" }, play), element("div", { class: "hv-menu-part" }, speed), element("p", { class: "hv-hint" }, over)];
}
