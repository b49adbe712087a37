/** A decoded slice as grey or color pixels for the screen. Pure. */

import type { DecodedSlice } from "../core/pixels";
import { type Window, windowBounds } from "../core/window-level";

/**
 * RGBA by DICOM PS3.3 C.11.2.1.3.2 (LINEAR_EXACT), as the application's own pictures; colors as they are.
 * A value that is not a number counts as the darkest.
 */
export function windowedPixels(slice: DecodedSlice, components: number, window: Window): Uint8ClampedArray<ArrayBuffer> {
  const { pixels, width, height } = slice;
  const [black, white] = windowBounds(window);
  const scale = 255 / (white - black);
  const green = components >= 3 ? 1 : 0;
  const blue = components >= 3 ? 2 : 0;
  const out = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; to < out.length; from += components, to += 4) {
    // A clamped array rounds, cuts to 0 … 255 and turns what is not a number into 0.
    out[to] = ((pixels[from] as number) - black) * scale;
    out[to + 1] = ((pixels[from + green] as number) - black) * scale;
    out[to + 2] = ((pixels[from + blue] as number) - black) * scale;
    out[to + 3] = 255;
  }
  return out;
}
