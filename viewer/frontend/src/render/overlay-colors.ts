/** Colors of overlays: a color per label, or a color map over values. */

import type { LayerMeta } from "../core/meta";
import { labelsOf, paletteTexels } from "../core/palette";
import type { Pixels } from "../core/pixels";
import { colorMap } from "./color-maps";

export type OverlayKind = "labels" | "heat";

/** How an overlay is shown. */
export type OverlayLook =
  | {
      readonly kind: "labels";
      readonly opacity: number;
      readonly hidden: ReadonlySet<number>;
      /** Of names and colors, where they can change. */
      readonly revision?: number;
    }
  | {
      readonly kind: "heat";
      readonly opacity: number;
      readonly colorMap: string;
      /** Values of the first and last color; nothing is shown of what is not above the first. */
      readonly range: readonly [low: number, high: number];
      /** Values between voxels are worked out, not those of the nearest one. */
      readonly smooth: boolean;
    };

/** A value between two labels is no label. */
export function isSmooth(look: OverlayLook): boolean {
  return look.kind === "heat" && look.smooth;
}

export type Rgb = readonly [number, number, number];

/** Contours stand out from what they enclose. */
const EDGE_GAIN = 1.8;
const LABEL_RANGE = 255;
const SPARE_COLORS = 8;

/** Whether an overlay holds labels or values: named segments are labels; so are few small whole numbers. */
export function overlayKind(meta: LayerMeta): OverlayKind {
  if (meta.type.startsWith("float") || (meta.range?.[0] ?? 0) < 0) return "heat";
  return meta.segments.length > 0 || (meta.range?.[1] ?? 1) <= LABEL_RANGE ? "labels" : "heat";
}

/** Color of a label; null for background and hidden ones. */
export function labelColors(meta: LayerMeta, hidden: ReadonlySet<number>): (label: number) => Rgb | null {
  const named = new Map(labelsOf(meta).map(({ value, color }) => [value, fromCss(color)]));
  const spare = paletteTexels({ ...meta, segments: [], range: [0, SPARE_COLORS] }, new Set());
  return (label) => {
    if (label <= 0 || hidden.has(label)) return null;
    const at = (((label - 1) % SPARE_COLORS) + 1) * 4;
    return named.get(label) ?? [spare[at] ?? 0, spare[at + 1] ?? 0, spare[at + 2] ?? 0];
  };
}

function fromCss(color: string): Rgb {
  const number = Number.parseInt(color.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

/** `count` colors (0…255) evenly spread over a color map. */
export function colorTable(name: string, count: number): Uint8Array {
  const { stops } = colorMap(name);
  const table = new Uint8Array(count * 3);
  let stop = 0;
  for (let i = 0; i < count; i += 1) {
    const place = i / (count - 1);
    while (stop < stops.length - 2 && place > (stops[stop + 1]?.[0] ?? 1)) stop += 1;
    const [from, ...low] = stops[stop] ?? [0, 0, 0, 0];
    const [to, ...high] = stops[stop + 1] ?? [1, 1, 1, 1];
    const part = Math.min(1, Math.max(0, (place - from) / Math.max(1e-9, to - from)));
    for (let c = 0; c < 3; c += 1) {
      table[i * 3 + c] = Math.round(255 * ((low[c] ?? 0) * (1 - part) + (high[c] ?? 0) * part));
    }
  }
  return table;
}

/** Straight RGBA of one slice of an overlay; `pixels` has one value per pixel of a `width` wide picture. */
export function overlayRgba(options: {
  readonly meta: LayerMeta;
  readonly look: OverlayLook;
  readonly pixels: Pixels;
  readonly width: number;
  readonly out: Uint8Array;
}): void {
  const { look } = options;
  if (look.kind === "heat") paintHeat(look, options.pixels, options.out);
  else paintLabels({ ...options, look });
}

type LabelLook = Extract<OverlayLook, { kind: "labels" }>;
type HeatLook = Extract<OverlayLook, { kind: "heat" }>;

function paintLabels(options: {
  readonly meta: LayerMeta;
  readonly look: LabelLook;
  readonly pixels: Pixels;
  readonly width: number;
  readonly out: Uint8Array;
}): void {
  const { meta, look, pixels, width, out } = options;
  const colorOf = labelColors(meta, look.hidden);
  const known = new Map<number, Rgb | null>();
  const inside = Math.round(255 * look.opacity);
  const edge = Math.round(255 * Math.min(1, look.opacity * EDGE_GAIN));
  out.fill(0);
  for (let i = 0; i < pixels.length; i += 1) {
    const label = pixels[i] as number;
    if (label === 0) continue;
    let color = known.get(label);
    if (color === undefined) known.set(label, (color = colorOf(label)));
    if (!color) continue;
    const isEdge =
      pixels[i - 1] !== label || pixels[i + 1] !== label || pixels[i - width] !== label || pixels[i + width] !== label;
    out[i * 4] = color[0];
    out[i * 4 + 1] = color[1];
    out[i * 4 + 2] = color[2];
    out[i * 4 + 3] = isEdge ? edge : inside;
  }
}

function paintHeat(look: HeatLook, pixels: Pixels, out: Uint8Array): void {
  const [low, high] = look.range;
  const table = colorTable(look.colorMap, 256);
  const scale = 255 / Math.max(1e-12, high - low);
  const alpha = Math.round(255 * look.opacity);
  for (let i = 0; i < pixels.length; i += 1) {
    const value = pixels[i] as number;
    const shown = value > low;
    const at = shown ? Math.min(255, Math.round((value - low) * scale)) * 3 : 0;
    out[i * 4] = table[at] as number;
    out[i * 4 + 1] = table[at + 1] as number;
    out[i * 4 + 2] = table[at + 2] as number;
    out[i * 4 + 3] = shown ? alpha : 0;
  }
}
