/** What the tool of segmentation in the hand can be set to. */

import { type MaskSettings, type MaskTool, SMALLEST_RADIUS, isBrush, isMaskTool, isScissors } from "../core/masks/tools";
import { formatValue, windowBounds } from "../core/window-level";
import type { Workspace } from "../state/workspace";
import { button, element } from "./element";
import { CUTS, DEPTHS, MASK_TOOL_WORDS } from "./mask-words";
import { checkLine, rangeField, setRange } from "./popover";
import { millimetres } from "./words";

const LARGEST_SLIDER = 60;
const WITHIN_STEP = 5;

/** Fills `root` anew when another tool is taken, or has other fields; the keyboard goes on where it was. */
export function maskSettings(workspace: Workspace): HTMLElement {
  const root = element("div", { class: "hv-mask-settings" });
  let shown = "";
  const show = (): void => {
    const tool = workspace.state.tools.left;
    const { active: { layer, state }, masks } = workspace;
    if (layer && isMaskTool(tool)) masks.fit(layer, state.window);
    const radius = root.querySelector<HTMLElement>(".hv-radius");
    // Keys change it, too.
    if (radius) setRange(radius, masks.settings.radius, millimetres);
    const key = [tool, masks.settings.within === null].join();
    if (key === shown) return;
    shown = key;
    const place = controlsOf(root).findIndex((control) => control === document.activeElement);
    root.replaceChildren(...(isMaskTool(tool) ? fieldsOf(workspace, tool) : [hint()]));
    if (place >= 0) controlsOf(root)[place]?.focus();
  };
  workspace.on("change", show);
  workspace.masks.on("change", show);
  show();
  return root;
}

function controlsOf(root: HTMLElement): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("input, select, button")];
}

function hint(): HTMLElement {
  return element("p", { class: "hv-hint" }, "Choose a tool and draw on the picture. The first stroke makes a mask.");
}

function fieldsOf(workspace: Workspace, tool: MaskTool): Node[] {
  const words = MASK_TOOL_WORDS.find(({ id }) => id === tool);
  const title = element("p", { class: "hv-hint" }, `${words?.name ?? ""}: ${words?.how ?? ""}.`);
  if (isBrush(tool)) return [title, ...brushFields(workspace, tool)];
  if (isScissors(tool)) return [title, select(workspace, "cut", "Scissors", CUTS), select(workspace, "depth", "Reach", DEPTHS), overField(workspace)];
  if (tool === "fill") return [title, select(workspace, "depth", "Reach", DEPTHS)];
  return [title, select(workspace, "depth", "Reach", DEPTHS), toleranceField(workspace), ...withinFields(workspace), overField(workspace)];
}

function brushFields(workspace: Workspace, tool: MaskTool): Node[] {
  const { masks } = workspace;
  const size = rangeField({
    label: "Radius",
    min: SMALLEST_RADIUS,
    max: LARGEST_SLIDER,
    step: 0.1,
    value: masks.settings.radius,
    say: millimetres,
    change: (radius) => { masks.set({ radius }); },
  });
  size.classList.add("hv-radius");
  const ball = checkLine("Through the slices (ball)", masks.settings.ball, (on) => { masks.set({ ball: on }); });
  return [size, ball, ...(tool === "eraser" ? [] : [overField(workspace)]), ...(tool === "threshold-brush" ? rangeFields(workspace) : [])];
}

function overField({ masks }: Workspace): HTMLElement {
  return checkLine("Leave other segments as they are", masks.settings.over === "background", (on) => { masks.set({ over: on ? "background" : "everything" }); });
}

function rangeFields(workspace: Workspace): Node[] {
  const { masks } = workspace;
  const set = (end: 0 | 1, value: number): void => {
    const [low, high] = masks.settings.range;
    masks.set({ range: end === 0 ? [value, Math.max(value, high)] : [Math.min(low, value), value] });
  };
  const low = numberField("Values from", masks.settings.range[0], (value) => { set(0, value); });
  const high = numberField("to", masks.settings.range[1], (value) => { set(1, value); });
  const take = button({
    label: "Take the values between black and white of the window",
    text: "Take from the window",
    onClick: () => {
      const [from, to] = windowBounds(workspace.active.state.window);
      masks.set({ range: [from, to] });
      setNumber(low, from);
      setNumber(high, to);
    },
  });
  return [low, high, take];
}

function toleranceField({ masks }: Workspace): HTMLElement {
  return numberField("Values may differ by", masks.settings.tolerance, (tolerance) => { masks.set({ tolerance: Math.abs(tolerance) }); });
}

function withinFields({ masks }: Workspace): Node[] {
  const { within } = masks.settings;
  const limit = checkLine("Stay near the click", within !== null, (on) => { masks.set({ within: on ? 4 * WITHIN_STEP : null }); });
  if (within === null) return [limit];
  const distance = rangeField({
    label: "Within",
    min: WITHIN_STEP,
    max: 40 * WITHIN_STEP,
    step: WITHIN_STEP,
    value: within,
    say: millimetres,
    change: (value) => { masks.set({ within: value }); },
  });
  return [limit, distance];
}

function select<Name extends "cut" | "depth">(
  { masks }: Workspace,
  name: Name,
  label: string,
  options: readonly { readonly id: MaskSettings[Name]; readonly name: string }[],
): HTMLElement {
  const choice = element("select", { class: "hv-select" }, ...options.map(({ id, name: text }) => element("option", { value: id }, text)));
  choice.value = masks.settings[name];
  choice.addEventListener("change", () => { masks.set({ [name]: choice.value } as Partial<MaskSettings>); });
  return element("label", { class: "hv-field" }, element("span", {}, label), choice);
}

function numberField(name: string, value: number, change: (value: number) => void): HTMLElement {
  const field = element("input", { type: "number", class: "hv-number", step: "any" });
  field.addEventListener("change", () => {
    if (Number.isFinite(field.valueAsNumber)) change(field.valueAsNumber);
  });
  const label = element("label", { class: "hv-field" }, element("span", {}, name), field);
  setNumber(label, value);
  return label;
}

function setNumber(label: HTMLElement, value: number): void {
  const field = label.querySelector("input");
  if (field) field.value = formatValue(Number(value.toPrecision(6))).replace("−", "-");
}
