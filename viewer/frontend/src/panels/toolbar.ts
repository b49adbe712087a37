/** The bar on top: way back, title, everything that is done to the active pane, and the page's own buttons. */

import type { Pane, NavigationTool, WorkspaceState } from "../state/workspace";
import { showOrientation } from "./commands";
import { whenDescribed } from "./described";
import { historyButtons, showTool } from "./draw-menu";
import type { Desk, MenuName } from "./desk";
import { button, element, group, icon, setHidden, setPressed } from "./element";
import * as icons from "./icons";
import * as maskIcons from "./mask-icons";
import { buildMenus } from "./menus";
import type { Menu } from "./popover";
import { rove } from "./roving";
import { type Part, isLeftOut } from "./wishes";
import { MOUSE_BUTTONS, ORIENTATIONS, SLAB_MODES, TOOLS } from "./words";

export interface Toolbar {
  readonly root: HTMLElement;
  readonly menus: Readonly<Record<MenuName, Menu>>;
  /** The panels of the menus, which belong at the end of the page. */
  readonly popovers: readonly HTMLElement[];
  /** Tells which buttons of the page are on. */
  setShown(part: "annotations" | "masks" | "overlays" | "information" | "images" | "full screen", shown: boolean): void;
}

/** Called after every change with what is so now. */
type Follow = (state: WorkspaceState, pane: Pane) => void;

export function toolbar(desk: Desk, { title, backUrl, saving }: { title: string; backUrl: string; saving: HTMLElement | null }): Toolbar {
  const { workspace } = desk;
  const menus = buildMenus(desk);
  const followers: Follow[] = [];
  const page = pageButtons(desk);
  const controls = element(
    "div",
    { class: "hv-controls", role: "toolbar", "aria-label": "Picture", hidden: "" },
    group("Images and layout", page.images, menus.layout.button, mprButton(desk)),
    orientationButtons(desk, followers),
    toolButtons(desk, menus, followers),
    drawControls(desk, menus, followers),
    lookControls(desk, menus, followers),
    positionButtons(desk, menus, followers),
    planeControls(menus, followers),
  );
  const pageControls = element(
    "div",
    { class: "hv-page-controls", role: "toolbar", "aria-label": "Page", hidden: "" },
    page.annotations, page.masks, page.overlays, page.information, page.fullScreen, page.help,
  );
  leaveOut(workspace, page, menus);
  const follow = (): void => { followers.forEach((one) => { one(workspace.state, workspace.active); }); };
  workspace.on("change", follow);
  whenDescribed(workspace, () => {
    controls.hidden = false;
    pageControls.hidden = false;
    setHidden(page.images, workspace.images.length < 2);
    follow();
    markEnds(controls);
  });
  rove(controls);
  rove(pageControls);
  controls.addEventListener("scroll", () => { markEnds(controls); }, { passive: true });
  new ResizeObserver(() => { markEnds(controls); }).observe(controls);
  const shown = { annotations: page.annotations, masks: page.masks, overlays: page.overlays, information: page.information, images: page.images, "full screen": page.fullScreen };
  return {
    root: element("header", { class: "hv-bar" }, heading(desk, title, backUrl), controls, ...(saving ? [saving] : []), pageControls),
    menus,
    popovers: Object.values(menus).map(({ panel }) => panel),
    setShown: (part, value) => { setPressed(shown[part], value); },
  };
}

/** Parts that a study or the reader does without. A class of its own: `hidden` follows what is shown. */
function leaveOut({ arrangement: { settings } }: Desk["workspace"], page: ReturnType<typeof pageButtons>, menus: Toolbar["menus"]): void {
  const parts: readonly (readonly [Part, HTMLElement])[] = [
    ["image_info_plugin", page.information],
    ["overlay_plugin", page.overlays],
    ["image_switcher_plugin", page.images],
    ["display_plugin", menus.window.button],
    ["lut_selection_tool", menus.colors.button],
    ["flip_tool", menus.turn.button],
  ];
  for (const [part, button_] of parts) button_.classList.toggle("hv-left-out", isLeftOut(settings, part));
}

function markEnds(bar: HTMLElement): void {
  bar.classList.toggle("hv-more-before", bar.scrollLeft > 1);
  bar.classList.toggle("hv-more-after", bar.scrollLeft + bar.clientWidth < bar.scrollWidth - 1);
}

function heading({ workspace }: Desk, title: string, backUrl: string): HTMLElement {
  const name = element("h1", { class: "hv-title" }, title);
  whenDescribed(workspace, () => {
    name.textContent = title || (workspace.meta?.title ?? "");
    name.title = name.textContent;
  });
  const box = element("div", { class: "hv-heading" }, name);
  if (backUrl) box.prepend(element("a", { class: "hv-button", href: backUrl, "aria-label": "Back", title: "Back" }, icon(icons.back)));
  return box;
}

function pageButtons(desk: Desk): Record<"images" | "annotations" | "masks" | "overlays" | "information" | "fullScreen" | "help", HTMLButtonElement> {
  const images = button({ label: "List of images", key: "G", icon: icons.images, onClick: () => { desk.toggleImages(); } });
  images.setAttribute("aria-controls", "hv-images");
  return {
    images,
    annotations: button({ label: "Annotations", key: "Shift K", icon: icons.list, onClick: () => { desk.togglePanel("annotations"); } }),
    masks: button({ label: "Masks", key: "#", icon: maskIcons.masks, onClick: () => { desk.togglePanel("masks"); } }),
    overlays: button({ label: "Overlays", key: "Shift O", icon: icons.layers, onClick: () => { desk.togglePanel("overlays"); } }),
    information: button({ label: "Information", key: "Shift I", icon: icons.information, onClick: () => { desk.togglePanel("information"); } }),
    fullScreen: button({ label: "Full screen", key: "Shift F", icon: icons.fullScreen, onClick: () => { desk.toggleFullScreen(); } }),
    help: button({ label: "Keyboard and mouse help", key: "?", icon: icons.help, onClick: () => { desk.openHelp(); } }),
  };
}

/** Does something and gives the keyboard back, if it was pressed with the mouse. */
function press(desk: Desk, action: () => void): (event?: MouseEvent) => void {
  return (event) => {
    action();
    if (event && event.detail > 0) desk.refocus();
  };
}

function mprButton(desk: Desk): HTMLElement {
  const made = button({
    label: "Three planes beside each other (MPR)",
    key: "M",
    icon: icons.mpr,
    text: "MPR",
    onClick: press(desk, () => { desk.workspace.showMpr(); }),
  });
  made.classList.add("hv-mpr");
  return made;
}

function orientationButtons(desk: Desk, followers: Follow[]): HTMLElement {
  const buttons = ORIENTATIONS.map(({ id, label, key, short }) => {
    const made = button({ label, key, text: short, onClick: press(desk, () => { showOrientation(desk.workspace.active, id); }) });
    followers.push((_state, pane) => { setPressed(made, pane.state.orientation === id); });
    return made;
  });
  const box = group("Plane", ...buttons);
  box.classList.add("hv-segmented");
  // One single picture has no other planes.
  followers.push((_state, pane) => { setHidden(box, (pane.layer?.meta.size[2] ?? 1) < 2); });
  return box;
}

const TOOL_ICONS: Readonly<Record<NavigationTool, string>> = {
  window: icons.window,
  scroll: icons.scroll,
  pan: icons.pan,
  zoom: icons.zoom,
  crosshairs: icons.crosshairs,
  rotate: icons.rotate,
};

/** Tools that a study can do without. */
const TOOL_PARTS: Readonly<Record<string, Part>> = { window: "window_level_tool", rotate: "swivel_tool" };

function toolButtons(desk: Desk, menus: Toolbar["menus"], followers: Follow[]): HTMLElement {
  const { workspace } = desk;
  const buttons = TOOLS.map((tool) => {
    const { label, key } = tool;
    const made = button({ label, key, icon: TOOL_ICONS[tool.id], onClick: press(desk, () => { workspace.setTool("left", tool.id); }) });
    const part = TOOL_PARTS[tool.id];
    made.classList.toggle("hv-left-out", part !== undefined && isLeftOut(workspace.arrangement.settings, part));
    const mark = element("span", { class: "hv-held-by", "aria-hidden": "true" });
    made.append(mark);
    followers.push(({ tools }) => {
      setPressed(made, tools.left === tool.id);
      mark.textContent = MOUSE_BUTTONS.filter(({ id }) => id !== "left" && tools[id] === tool.id).map(({ letter }) => letter).join("");
    });
    return made;
  });
  return group("Tool for dragging", ...buttons, menus.mouse.button);
}

function drawControls(desk: Desk, menus: Toolbar["menus"], followers: Follow[]): HTMLElement {
  followers.push((state) => { showTool(menus.draw, state); });
  return group("Draw", menus.draw.button, ...historyButtons(desk));
}

function lookControls(desk: Desk, menus: Toolbar["menus"], followers: Follow[]): HTMLElement {
  const invert = button({
    label: "Invert black and white",
    key: "I",
    icon: icons.invert,
    onClick: press(desk, () => {
      const pane = desk.workspace.active;
      pane.setInverted(!pane.state.inverted);
    }),
  });
  invert.classList.toggle("hv-left-out", isLeftOut(desk.workspace.arrangement.settings, "invert_tool"));
  followers.push((_state, pane) => {
    setPressed(invert, pane.state.inverted);
    menus.window.setText(pane.presets.find(({ id }) => id === pane.state.preset)?.name ?? "Window");
    menus.colors.button.classList.toggle("hv-in-use", pane.state.colorMap !== "grey");
  });
  return group("Window and colors", menus.window.button, invert, menus.colors.button);
}

function positionButtons(desk: Desk, menus: Toolbar["menus"], followers: Follow[]): HTMLElement {
  const { workspace } = desk;
  followers.push((_state, { state: { view } }) => {
    menus.turn.button.classList.toggle("hv-in-use", view.rotation % 360 !== 0 || view.flipHorizontal || view.flipVertical);
  });
  const reset = button({ label: "Reset the pane", key: "R", icon: icons.reset, onClick: press(desk, () => { workspace.active.reset(); }) });
  reset.classList.toggle("hv-left-out", isLeftOut(workspace.arrangement.settings, "reset_tool"));
  return group(
    "Zoom and position",
    button({ label: "Fit to the pane", key: "F", icon: icons.fit, onClick: press(desk, () => { workspace.active.fit(); }) }),
    button({ label: "One image pixel per screen pixel", key: "0", text: "1:1", onClick: press(desk, () => { workspace.active.oneToOne(); }) }),
    menus.turn.button,
    reset,
  );
}

function planeControls(menus: Toolbar["menus"], followers: Follow[]): HTMLElement {
  followers.push((state, pane) => {
    const { mode } = pane.state.slab;
    menus.slab.setText(SLAB_MODES.find(({ id }) => id === mode)?.short ?? "");
    menus.slab.button.classList.toggle("hv-in-use", mode !== "none");
    menus.links.button.classList.toggle("hv-in-use", Object.values(state.links).some(Boolean));
    setHidden(menus.links.button, state.panes.length < 2);
    menus.cine.button.classList.toggle("hv-in-use", pane.state.cine.playing);
    const frames = pane.count > 1 || (pane.layer?.meta.timepoints ?? 1) > 1;
    setHidden(menus.cine.button, !frames);
    setHidden(menus.slab.button, (pane.layer?.meta.size[2] ?? 1) < 2);
  });
  return group("Slab, links and cine", menus.slab.button, menus.links.button, menus.cine.button);
}
