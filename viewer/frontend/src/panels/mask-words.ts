/** How the tools of segmentation are named, in one place for buttons, help and what is spoken. */

import type { Cut, Depth, MaskTool } from "../core/masks/tools";
import type { MaskValue } from "../state/mask-rows";
import type { Meeting } from "../state/mask-sync";
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

/** Slices as people count them: `slice 5`, `slices 5–7, 12`. Ascending places from 0 on. */
export function slicesText(indices: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const k of indices) {
    const last = runs.at(-1);
    if (last && k <= last[1] + 1) last[1] = k;
    else runs.push([k, k]);
  }
  const parts = runs.map(([first, last]) => (first === last ? `${first + 1}` : `${first + 1}–${last + 1}`));
  const shown = parts.length > MOST_RUNS ? [...parts.slice(0, MOST_RUNS), `${indices.length} in all`] : parts;
  return `${indices.length === 1 ? "slice" : "slices"} ${shown.join(", ")}`;
}

const MOST_RUNS = 6;

/** Where two people met in a mask, and what keeping one's own means for the rest. */
export function meetingText({ mine, theirs }: Meeting): string {
  const both = theirs && mine.filter((k) => theirs.includes(k));
  const met = both === null ? "" : both.length > 0 ? `Both of you painted ${slicesText(both)}. ` : "You did not paint the same slices. ";
  return `${met}If you keep yours, what was painted in other slices stays, too.`;
}

/** What one side did to a mask; `slices` null where nobody can say. Of what is `known` nothing is said. */
export function maskText(
  { deleted = false, label, value }: { readonly deleted?: boolean; readonly label?: string; readonly value?: unknown },
  slices: readonly number[] | null,
  known?: { readonly name: string; readonly segments: readonly { readonly name: string }[] },
): readonly string[] {
  if (deleted) return ["Deleted"];
  const { segments = [] } = (value ?? {}) as MaskValue;
  const names = segments.map(({ name }) => name).join(", ");
  const lines: string[] = [];
  if (label && label !== known?.name) lines.push(`Name: ${label}`);
  if (names && names !== known?.segments.map(({ name }) => name).join(", ")) lines.push(`Segments: ${names}`);
  if (slices && slices.length > 0) lines.push(`Painted: ${slicesText(slices)}`);
  return lines.length > 0 ? lines : ["A mask"];
}
