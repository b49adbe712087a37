/** A preview on the full grid: level pixel x sits on full pixel `x * stride`, values between are interpolated. */

import type { ElementType } from "./meta";
import { type Pixels, pixelArray } from "./pixels";

export interface Expansion {
  /** Pixels of the full grid. */
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly components: number;
}

export function expandSlice(type: ElementType, preview: Pixels, to: Expansion): Pixels {
  const rowLength = to.width * to.components;
  const out = pixelArray(type, rowLength * to.height);
  // Typed integer arrays cut the fraction off: half a step turns that into rounding.
  const whole = out instanceof Float32Array ? 0 : 0.5;
  const rows = Math.ceil(to.height / to.stride);
  let upper = wideRow(preview, 0, to);
  for (let row = 0; row < rows; row += 1) {
    const lower = row + 1 < rows ? wideRow(preview, row + 1, to) : upper;
    const first = row * to.stride;
    const last = Math.min(to.height, first + to.stride);
    for (let y = first; y < last; y += 1) {
      blendRows(out, y * rowLength, upper, lower, (y - first) / to.stride, whole);
    }
    upper = lower;
  }
  return out;
}

/** One row of the preview at the full width, not rounded yet. */
function wideRow(preview: Pixels, row: number, { width, stride, components }: Expansion): Float64Array {
  const columns = Math.ceil(width / stride);
  const out = new Float64Array(width * components);
  const start = row * columns * components;
  for (let column = 0; column < columns; column += 1) {
    const next = Math.min(column + 1, columns - 1);
    const first = column * stride;
    const count = Math.min(width - first, stride);
    for (let c = 0; c < components; c += 1) {
      const left = preview[start + column * components + c] as number;
      const step = ((preview[start + next * components + c] as number) - left) / stride;
      for (let x = 0; x < count; x += 1) out[(first + x) * components + c] = left + step * x;
    }
  }
  return out;
}

function blendRows(
  out: Pixels,
  start: number,
  upper: Float64Array,
  lower: Float64Array,
  part: number,
  whole: number,
): void {
  for (let x = 0; x < upper.length; x += 1) {
    const above = upper[x] as number;
    const value = above + ((lower[x] as number) - above) * part + whole;
    out[start + x] = whole === 0 ? value : Math.floor(value);
  }
}
