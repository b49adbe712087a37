/** Buttons that open a small panel: the browser's own popovers, so Escape and a click elsewhere close them. */

import { button, element } from "./element";

export interface MenuOptions {
  readonly label: string;
  readonly key?: string;
  readonly icon?: string;
  readonly text?: string;
  /** Made anew each time the panel opens, so that it tells what is so then. */
  readonly content: (menu: Menu) => readonly Node[];
  /** Gives the keyboard back to the picture after a choice made with the mouse. */
  readonly refocus: () => void;
}

export interface Menu {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
  open(): void;
  /** `refocus`: the keyboard goes to the picture, not to the button. */
  close(refocus?: boolean): void;
  /** Fills the panel anew and goes to its first control. */
  renew(): void;
  setText(text: string): void;
}

const MARGIN = 8;
const GAP = 4;

export function menu(options: MenuOptions): Menu {
  const panel = element("div", { class: "hv-popover", popover: "auto", role: "dialog", "aria-label": options.label });
  const { label, key, icon } = options;
  const opener = button({ label, ...(key ? { key } : {}), ...(icon ? { icon } : {}), onClick: () => undefined });
  const text = element("span", { class: "hv-button-text" }, options.text ?? "");
  if (options.text !== undefined) opener.append(text);
  opener.classList.add("hv-menu-button");
  opener.popoverTargetElement = panel;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.setAttribute("aria-expanded", "false");
  const made: Menu = {
    button: opener,
    panel,
    open: () => {
      if (!panel.matches(":popover-open")) panel.showPopover();
      // At once, and not with the event: the next key may be there before it.
      arrive();
    },
    close: (refocus = false) => {
      if (panel.matches(":popover-open")) panel.hidePopover();
      if (refocus) options.refocus();
    },
    renew: () => {
      fill();
      firstControl(panel)?.focus();
    },
    setText: (value) => { text.textContent = value; },
  };
  const fill = (): void => { panel.replaceChildren(...options.content(made)); };
  const arrive = (): void => {
    placeBelow(panel, opener.getBoundingClientRect());
    if (!panel.contains(document.activeElement)) firstControl(panel)?.focus();
  };
  panel.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") fill();
  });
  panel.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    opener.setAttribute("aria-expanded", String(open));
    if (open) arrive();
  });
  return made;
}

/** Puts an open popover below `anchor`, or where there is room. */
export function placeBelow(panel: HTMLElement, anchor: DOMRect): void {
  const { width, height } = panel.getBoundingClientRect();
  const left = Math.max(MARGIN, Math.min(anchor.left, window.innerWidth - width - MARGIN));
  const below = anchor.bottom + GAP;
  const top = Math.max(MARGIN, Math.min(below, window.innerHeight - height - MARGIN));
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
}

function firstControl(panel: HTMLElement): HTMLElement | null {
  return panel.querySelector<HTMLElement>("input:checked") ?? panel.querySelector<HTMLElement>("button, input, select");
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly name: string;
  /** Shown at the end of the line: a key or a number. */
  readonly detail?: string;
  /** Shown before the name. */
  readonly picture?: HTMLElement;
  readonly disabled?: boolean;
}

let choiceGroups = 0;

/** Radio buttons that look like the lines of a menu: arrow keys choose at once, Enter or a click also closes. */
export function choices<Value extends string>(options: {
  readonly legend: string;
  readonly list: readonly Choice<Value>[];
  readonly current: Value | null;
  readonly choose: (value: Value) => void;
  readonly done?: (() => void) | undefined;
}): HTMLFieldSetElement {
  choiceGroups += 1;
  const name = `hv-choice-${choiceGroups}`;
  const lines = options.list.map((choice) => {
    const input = element("input", { type: "radio", name, value: choice.value });
    input.checked = choice.value === options.current;
    input.disabled = choice.disabled === true;
    input.addEventListener("change", () => { options.choose(choice.value); });
    const line = element("label", { class: "hv-option" }, input);
    if (choice.picture) line.append(choice.picture);
    line.append(element("span", {}, choice.name));
    if (choice.detail) line.append(element("span", { class: "hv-option-detail", "aria-hidden": "true" }, choice.detail));
    // A press of the keyboard has no clicks in a row (detail 0).
    line.addEventListener("click", (event) => {
      if (event.detail > 0 && event.target === input) options.done?.();
    });
    return line;
  });
  const group = element("fieldset", {}, element("legend", {}, options.legend), ...lines);
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter") options.done?.();
  });
  return group;
}

/** A line of a menu that can be on or off. */
export function checkLine(name: string, checked: boolean, change: (checked: boolean) => void, key?: string): HTMLElement {
  const box = element("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", () => { change(box.checked); });
  const line = element("label", { class: "hv-option" }, box, element("span", {}, name));
  if (key) line.append(element("kbd", { "aria-hidden": "true" }, key));
  return line;
}

export interface RangeOptions {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  /** How the value is said. */
  readonly say: (value: number) => string;
  readonly change: (value: number) => void;
}

/** A slider with its name before and its value behind it (no `output`: the label would name that instead of the slider). */
export function rangeField({ label, min, max, step, value, say, change }: RangeOptions): HTMLElement {
  const slider = element("input", { type: "range", min: String(min), max: String(max), step: String(step) });
  slider.value = String(value);
  const said = element("span", { class: "hv-said", "aria-hidden": "true" }, say(value));
  const field = element("label", { class: "hv-field" }, element("span", {}, label), said, slider);
  setRange(field, value, say);
  slider.addEventListener("input", () => {
    setRange(field, slider.valueAsNumber, say);
    change(slider.valueAsNumber);
  });
  return field;
}

/** Shows another value in a range field; not on the slider while the reader holds it. */
export function setRange(field: HTMLElement, value: number, say: (value: number) => string): void {
  const [slider, said] = [field.querySelector("input"), field.querySelector(".hv-said")];
  if (!slider || !said) return;
  if (document.activeElement !== slider) slider.value = String(value);
  slider.setAttribute("aria-valuetext", say(value));
  said.textContent = say(value);
}
