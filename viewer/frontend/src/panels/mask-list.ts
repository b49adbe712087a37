/** The masks of the image in the active pane, and the segments of the one that is painted. */

import { voxelToWorld } from "../core/geometry";
import type { MaskApi } from "../core/mask-api";
import { middleOf } from "../core/masks/middle";
import { type Mask, type MaskSegment, atOwnTimepoint } from "../state/masks";
import type { Workspace } from "../state/workspace";
import { button, element, icon as pictureOf, setHidden, setPressed } from "./element";
import * as icons from "./mask-icons";
import { volumeText } from "./mask-words";

/** Called after every change with what is so now; the page is touched where it differs only. */
type Followers = (() => void)[];
type MaskFiles = Pick<MaskApi, "fileUrl">;

const SAVING: Readonly<Record<Mask["saving"], string>> = {
  saved: "Saved",
  waiting: "Not saved yet",
  conflict: "Changed elsewhere meanwhile",
};

interface Names {
  readonly masks: string;
  readonly segments: string;
  readonly files: MaskFiles | null;
}

let groups = 0;

/** `files`: where masks can be downloaded; null where nothing is kept. */
export function maskList(workspace: Workspace, files: MaskFiles | null): HTMLElement {
  const root = element("div", { class: "hv-masks" });
  const { masks } = workspace;
  groups += 1;
  const names: Names = { files, masks: `hv-masks-${groups}`, segments: `hv-mask-segments-${groups}` };
  let followers: Followers = [];
  let filled = "";
  const show = (): void => {
    const key = structure(workspace);
    if (key !== filled) {
      filled = key;
      followers = [];
      const focus = focused(root);
      root.replaceChildren(...content(workspace, names, followers));
      if (focus) root.querySelector<HTMLElement>(`[data-focus="${focus}"]`)?.focus();
    }
    followers.forEach((follow) => { follow(); });
  };
  workspace.on("change", show);
  masks.on("change", show);
  masks.on("painted", show);
  show();
  return root;
}

/** What the panel is built from: other values are followed. */
function structure({ masks, active: { layer, state } }: Workspace): string {
  if (!layer) return "";
  const timepoint = atOwnTimepoint(layer, state);
  const mask = masks.activeFor(layer, timepoint);
  const list = masks.of(layer, timepoint).map(({ id, editable }) => `${id}${editable ? "" : "-"}`);
  return [layer.index, timepoint, ...list, "|", mask?.id, ...(mask?.segments.map(({ value }) => value) ?? [])].join();
}

/** A control that was pressed is built anew by its own press: the keyboard goes on where it was. */
function focused(root: HTMLElement): string | null {
  const { activeElement } = document;
  return activeElement instanceof HTMLElement && root.contains(activeElement) ? (activeElement.dataset.focus ?? null) : null;
}

function content(workspace: Workspace, names: Names, followers: Followers): Node[] {
  const { masks, active: { layer, state } } = workspace;
  if (!layer) return [element("p", { class: "hv-hint" }, "This pane is empty.")];
  const timepoint = atOwnTimepoint(layer, state);
  const mask = masks.activeFor(layer, timepoint);
  const add = button({ label: "New mask", text: "New mask", icon: icons.add, onClick: () => { masks.create(layer, { timepoint }); } });
  add.dataset.focus = "new-mask";
  const list = masks.of(layer, timepoint);
  return [
    element("div", { class: "hv-masks-head" }, element("h3", {}, "Masks of this image"), add),
    ...(list.length === 0 ? [] : [element("ul", { class: "hv-mask-list" }, ...list.map((each) => maskLine(workspace, each, names, followers)))]),
    ...(mask ? segmentPart(workspace, mask, names.segments, followers) : []),
  ];
}

function maskLine(workspace: Workspace, mask: Mask, { masks: name, files }: Names, followers: Followers): HTMLElement {
  const { masks } = workspace;
  const choose = element("input", { type: "radio", name, "aria-label": `Paint on ${mask.name}` });
  choose.dataset.focus = `mask-${mask.id}`;
  choose.addEventListener("change", () => { masks.choose(mask); });
  const title = nameField(mask.name, "Name of the mask", mask.editable, (text) => { masks.rename(mask, text); });
  const state = element("span", { class: "hv-mask-state" });
  const line = element("div", { class: "hv-mask-line" }, choose, title);
  if (mask.editable) {
    line.append(iconButton(`Delete the mask ${mask.name}`, icons.remove, `delete-${mask.id}`, () => { masks.remove(mask); }));
  }
  followers.push(() => {
    choose.checked = masks.activeFor(mask.image, mask.timepoint) === mask;
    setValue(title, mask.name);
    const by = mask.mine ? "" : `by ${mask.author}, `;
    const text = mask.loading ? "Loading …" : mask.unreadable ? `${by}cannot be shown` : mask.editable ? `${by}${SAVING[mask.saving]}` : `${by}to look at only`;
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("hv-warning", mask.saving === "conflict" || mask.unreadable);
  });
  return element("li", {}, line, element("div", { class: "hv-segment-tools" }, state, ...(files ? downloads(mask, files, followers) : [])));
}

/** What is saved can be taken along. */
function downloads(mask: Mask, files: MaskFiles, followers: Followers): HTMLElement[] {
  return ([["mha", "MHA", "MetaImage"], ["nii.gz", "NIfTI", "NIfTI"]] as const).map(([format, text, name]) => {
    const link = element("a", { href: files.fileUrl(mask.id, format), download: "", "aria-label": `Download ${mask.name} as ${name}` }, text);
    followers.push(() => { setHidden(link, mask.saving !== "saved" || mask.loading || mask.unreadable); });
    return link;
  });
}

function segmentPart(workspace: Workspace, mask: Mask, name: string, followers: Followers): Node[] {
  const { masks } = workspace;
  const add = button({ label: "New segment", text: "New segment", icon: icons.add, onClick: () => { masks.addSegment(mask); } });
  add.dataset.focus = "new-segment";
  return [
    element("div", { class: "hv-masks-head" }, element("h3", {}, "Segments"), ...(mask.editable ? [add] : [])),
    element("ul", { class: "hv-mask-list" }, ...mask.segments.map(({ value }) => segmentLine(workspace, { mask, value, name, followers }))),
  ];
}

interface SegmentPlace {
  readonly mask: Mask;
  readonly value: number;
  readonly name: string;
  readonly followers: Followers;
}

function segmentLine(workspace: Workspace, { mask, value, name, followers }: SegmentPlace): HTMLElement {
  const { masks } = workspace;
  const now = (): MaskSegment | undefined => mask.segments.find((segment) => segment.value === value);
  const called = now()?.name ?? "";
  const choose = element("input", { type: "radio", name, "aria-label": `Paint ${called}` });
  choose.dataset.focus = `segment-${value}`;
  choose.addEventListener("change", () => { masks.chooseSegment(mask, value); });
  const color = element("input", { type: "color", class: "hv-color", "aria-label": `Color of ${called}` });
  color.disabled = !mask.editable;
  color.addEventListener("change", () => { masks.setSegment(mask, value, { color: color.value }); });
  const title = nameField(called, "Name of the segment", mask.editable, (text) => { masks.setSegment(mask, value, { name: text }); });
  const volume = element("span", { class: "hv-segment-volume" });
  const eye = toggle(`Show ${called}`, `eye-${value}`, () => { masks.setSegment(mask, value, { visible: now()?.visible === false }); });
  const lock = toggle(`Lock ${called}`, `lock-${value}`, () => { masks.setSegment(mask, value, { locked: now()?.locked !== true }); });
  const jump = iconButton(`Go to ${called}`, icons.jump, `jump-${value}`, () => { jumpTo(workspace, mask, value); });
  const remove = iconButton(`Delete ${called}`, icons.remove, `remove-${value}`, () => { masks.removeSegment(mask, value); });
  const controls = [[choose, "Paint"], [color, "Color of"], [eye.button, "Show"], [lock.button, "Lock"], [jump, "Go to"], [remove, "Delete"]] as const;
  let named = called;
  followers.push(() => {
    const segment = now();
    if (!segment) return;
    choose.checked = mask.segment?.value === value;
    setValue(color, segment.color);
    setValue(title, segment.name);
    if (named !== segment.name) {
      named = segment.name;
      for (const [control, verb] of controls) setLabel(control, `${verb} ${named}`);
    }
    const text = volumeText(mask.volume(value));
    if (volume.textContent !== text) volume.textContent = text;
    eye.show(segment.visible, segment.visible ? icons.shown : icons.hidden);
    lock.show(segment.locked, segment.locked ? icons.locked : icons.open);
  });
  const tools = element("div", { class: "hv-segment-tools" }, volume, eye.button, lock.button, jump, ...(mask.editable ? [remove] : []));
  return element("li", {}, element("div", { class: "hv-mask-line" }, choose, color, title), tools);
}

function jumpTo({ active }: Workspace, mask: Mask, value: number): void {
  const voxel = middleOf(mask.map, value);
  if (voxel) active.moveTo(voxelToWorld(mask.image.meta, voxel));
}

function nameField(value: string, label: string, editable: boolean, change: (text: string) => void): HTMLInputElement {
  const field = element("input", { type: "text", class: "hv-name", "aria-label": label, maxlength: "200" });
  field.value = value;
  field.readOnly = !editable;
  field.addEventListener("change", () => {
    const text = field.value.trim();
    if (text) change(text);
  });
  return field;
}

/** What a control is for is said in the words of now. */
function setLabel(control: HTMLElement, label: string): void {
  control.setAttribute("aria-label", label);
  if (control.title) control.title = label;
}

function iconButton(label: string, icon: string, focus: string, onClick: () => void): HTMLButtonElement {
  const made = button({ label, icon, onClick });
  made.classList.add("hv-small");
  made.dataset.focus = focus;
  return made;
}

/** A button that is on or off and shows which by its icon, too. */
function toggle(label: string, focus: string, onClick: () => void): { button: HTMLButtonElement; show(on: boolean, icon: string): void } {
  const made = iconButton(label, icons.shown, focus, onClick);
  let shown = "";
  return {
    button: made,
    show: (on, icon) => {
      setPressed(made, on);
      if (icon === shown) return;
      shown = icon;
      made.firstElementChild?.replaceWith(pictureOf(icon));
    },
  };
}

/** Not while the reader types. */
function setValue(field: HTMLInputElement, value: string): void {
  if (field.value !== value && document.activeElement !== field) field.value = value;
}
