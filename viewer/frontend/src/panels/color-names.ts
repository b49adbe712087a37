/** Color maps as menus show them. */

import { COLOR_MAPS, cssGradient } from "../render/color-maps";
import { element } from "./element";
import type { Choice } from "./popover";

export function colorMapChoices(disabled: boolean): readonly Choice<string>[] {
  return COLOR_MAPS.map(({ name, label }) => ({ value: name, name: label, picture: colorBar(name), disabled }));
}

export function colorMapOptions(): readonly HTMLOptionElement[] {
  return COLOR_MAPS.map(({ name, label }) => element("option", { value: name }, label));
}

export function colorBar(name: string): HTMLElement {
  const bar = element("span", { class: "hv-color-bar", "aria-hidden": "true" });
  bar.style.backgroundImage = cssGradient(name);
  return bar;
}
