/** Colors of a label map: label value → RGBA. */

import type { LayerMeta } from "./meta";

/** Told apart by hue and lightness; used for labels that came without a color. */
const SPARE = ["#e5484d", "#3e9bff", "#46c06f", "#f5a524", "#b06cf0", "#22c3c9", "#f06ca8", "#b5c334"] as const;
const MAX_LABEL = 0xffff;
export const PALETTE_WIDTH = 256;

export interface Label {
  readonly value: number;
  readonly name: string;
  readonly color: string;
}

/** The labels of an overlay, named by the server or, without names, numbered as far as the range tells. */
export function labelsOf(layer: LayerMeta): readonly Label[] {
  if (layer.segments.length > 0) {
    return layer.segments.map((segment) => ({ ...segment, color: validColor(segment.color, segment.value) }));
  }
  const highest = Math.min(layer.range?.[1] ?? 1, SPARE.length);
  return Array.from({ length: Math.max(1, Math.floor(highest)) }, (_, index) => ({
    value: index + 1,
    name: highest > 1 ? `Label ${index + 1}` : layer.name,
    color: spareColor(index + 1),
  }));
}

/** RGBA texels, 256 a row, indexed by label; 0 and hidden labels are transparent. */
export function paletteTexels(layer: LayerMeta, hidden: ReadonlySet<number>): Uint8Array<ArrayBuffer> {
  const labels = labelsOf(layer);
  const highest = Math.max(layer.range?.[1] ?? 1, ...labels.map((label) => label.value));
  const rows = Math.floor(Math.min(highest, MAX_LABEL) / PALETTE_WIDTH) + 1;
  const texels = new Uint8Array(rows * PALETTE_WIDTH * 4);
  const named = new Map(labels.map((label) => [label.value, label.color]));
  for (let value = 1; value < rows * PALETTE_WIDTH; value += 1) {
    if (hidden.has(value)) continue;
    texels.set([...rgb(named.get(value) ?? spareColor(value)), 255], value * 4);
  }
  return texels;
}

export function spareColor(value: number): string {
  return SPARE[(value - 1) % SPARE.length] ?? SPARE[0];
}

/** The server's color if it is one; anything else must not reach a style attribute. */
function validColor(color: string, value: number): string {
  return /^#[0-9a-f]{6}$/i.test(color) ? color : spareColor(value);
}

function rgb(color: string): readonly [number, number, number] {
  const number = Number.parseInt(color.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
