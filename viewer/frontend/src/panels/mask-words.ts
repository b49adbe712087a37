/** How the tools of segmentation are named, in one place for buttons, help and what is spoken. */

import type { Cut, Depth, MaskTool } from "../core/masks/tools";
import * as icons from "./mask-icons";

export interface MaskToolWords {
  readonly id: MaskTool;
  readonly name: string;
  /** How it is used. */
  readonly how: string;
  readonly icon: string;
}

export const MASK_TOOL_WORDS: readonly MaskToolWords[] = [
  { id: "brush", name: "Brush", how: "drag over the picture", icon: icons.brush },
  { id: "eraser", name: "Eraser", how: "drag over what is to go", icon: icons.eraser },
  { id: "threshold-brush", name: "Threshold brush", how: "paints values in a range only", icon: icons.thresholdBrush },
  { id: "scissors", name: "Scissors", how: "drag around an area", icon: icons.scissors },
  { id: "rectangle-scissors", name: "Rectangle scissors", how: "drag from corner to corner", icon: icons.rectangleScissors },
  { id: "circle-scissors", name: "Circle scissors", how: "drag from the middle", icon: icons.circleScissors },
  { id: "fill", name: "Fill", how: "click into a closed outline", icon: icons.fill },
  { id: "grow", name: "Grow a region", how: "click on a value; its like around it is taken", icon: icons.grow },
];

export const CUTS: readonly { readonly id: Cut; readonly name: string }[] = [
  { id: "fill", name: "Fill inside" },
  { id: "erase inside", name: "Erase inside" },
  { id: "erase outside", name: "Erase outside" },
];

export const DEPTHS: readonly { readonly id: Depth; readonly name: string }[] = [
  { id: "plane", name: "This slice" },
  { id: "volume", name: "All slices" },
];

/** Milliliters as people say them: `12.3 ml`, `840 µl`. */
export function volumeText(milliliters: number): string {
  if (milliliters === 0) return "empty";
  if (milliliters < 1) return `${Number((milliliters * 1000).toPrecision(3))} µl`;
  return `${milliliters >= 100 ? Math.round(milliliters) : Number(milliliters.toPrecision(3))} ml`;
}
