/** Color maps as menus show them: a name for people and a small picture. */

import { element } from "./element";

export interface ColorMapChoice {
  readonly id: string;
  readonly name: string;
  /** Colors from the lowest to the highest value, as CSS writes them. */
  readonly stops: readonly string[];
}

export const COLOR_MAPS: readonly ColorMapChoice[] = [
  { id: "grey", name: "Grey", stops: ["#000000", "#ffffff"] },
  { id: "hot-iron", name: "Hot iron", stops: ["#000000", "#ff0000", "#ff8000", "#ffffff"] },
];

export function colorBar({ stops }: ColorMapChoice): HTMLElement {
  const bar = element("span", { class: "hv-color-bar", "aria-hidden": "true" });
  bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
  return bar;
}
