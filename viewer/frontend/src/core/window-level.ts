/** Window center and width: which values become black and which white. */

import type { LayerMeta } from "./meta";
import type { DecodedSlice } from "./pixels";

export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface Preset {
  readonly id: string;
  readonly name: string;
  /** Absent for presets worked out from the pixels. */
  readonly window?: Window;
  /** Shares of the values that are shown black and white, of a preset worked out from the pixels. */
  readonly percentiles?: readonly [low: number, high: number];
}

/** Usual CT windows in HU. */
const CT_PRESETS: readonly Preset[] = [
  { id: "soft-tissue", name: "Soft tissue", window: { center: 40, width: 400 } },
  { id: "lung", name: "Lung", window: { center: -600, width: 1500 } },
  { id: "bone", name: "Bone", window: { center: 500, width: 2000 } },
  { id: "brain", name: "Brain", window: { center: 40, width: 80 } },
  { id: "mediastinum", name: "Mediastinum", window: { center: 50, width: 350 } },
];

export function presetsFor(layer: LayerMeta): readonly Preset[] {
  if (layer.components >= 3) return [];
  const stored = layer.window ? [{ id: "stored", name: "As stored", window: layer.window }] : [];
  const full = layer.range ? [{ id: "full", name: "Full range", window: rangeWindow(layer.range) }] : [];
  const percentile = [{ id: "percentile", name: "1–99 percent" }];
  return layer.modality === "CT"
    ? [...CT_PRESETS, ...stored, ...full]
    : [...stored, ...full, ...percentile];
}

/** What an image opens with. */
export function initialWindow(layer: LayerMeta): Window {
  if (layer.components >= 3) return { center: 127.5, width: 255 };
  if (layer.window && layer.window.width > 0) return layer.window;
  return rangeWindow(layer.range ?? [0, 255]);
}

export function rangeWindow([low, high]: readonly [number, number]): Window {
  const width = high - low;
  return { center: (low + high) / 2, width: width > 0 ? width : 1 };
}

/** DICOM PS3.3 C.11.2.1.3.2 (LINEAR_EXACT): the values shown black and white. */
export function windowBounds({ center, width }: Window): readonly [number, number] {
  return [center - width / 2, center + width / 2];
}

/** Values that one screen pixel of a drag is worth; wide windows move faster. */
const FULL_DRAG = 300;

export function dragWindow(window: Window, layer: LayerMeta, dx: number, dy: number): Window {
  const range = layer.range ? layer.range[1] - layer.range[0] : 255;
  const step = Math.max(window.width, range / 200) / FULL_DRAG;
  const smallest = layer.type.startsWith("float") ? Math.max(range, 1e-6) / 1e5 : 1;
  return { center: window.center + dy * step, width: Math.max(smallest, window.width + dx * step) };
}

const SAMPLES = 200_000;

const USUAL_PERCENTILES = [0.01, 0.99] as const;

/** Window between two percentiles of the given slices; null without any pixel. */
export function percentileWindow(
  slices: readonly DecodedSlice[],
  [low, high]: readonly [number, number] = USUAL_PERCENTILES,
): Window | null {
  const total = slices.reduce((sum, slice) => sum + slice.pixels.length, 0);
  const step = Math.max(1, Math.floor(total / SAMPLES));
  const values: number[] = [];
  for (const { pixels } of slices) {
    for (let i = 0; i < pixels.length; i += step) {
      const value = pixels[i] as number;
      if (Number.isFinite(value)) values.push(value);
    }
  }
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  return rangeWindow([at(low), at(high)]);
}

/** A number as a reader wants it: whole for counts and HU, few digits for the rest. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return "no value";
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toFixed(digits).replace("-", "−");
}
