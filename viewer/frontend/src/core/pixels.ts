/** Decoded pixels as typed arrays. */

import type { ElementType } from "./meta";

export type Pixels =
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>;

const CONSTRUCTORS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
} as const;

/** An array of `length` zeros in which values of `type` are kept; float64 is kept as float32, as the GPU draws it. */
export function pixelArray(type: ElementType, length: number): Pixels {
  return new CONSTRUCTORS[type === "float64" ? "float32" : type](length);
}

/** Bytes that one value of `type` takes in a decoded slice. */
export function bytesPerValue(type: ElementType): number {
  return pixelArray(type, 1).byteLength;
}

/** Interprets raw little-endian bytes (all browsers run on little-endian machines). */
export function pixelsFromBytes(type: ElementType, bytes: Uint8Array): Pixels {
  const buffer = bytes.slice().buffer;
  if (type === "float64") return Float32Array.from(new Float64Array(buffer));
  return new CONSTRUCTORS[type](buffer);
}

/** One decoded slice at some level. */
export interface DecodedSlice {
  readonly level: number;
  readonly width: number;
  readonly height: number;
  /** Full-resolution pixels per pixel of this level; level pixel x sits on full pixel `x * stride`. */
  readonly stride: number;
  readonly pixels: Pixels;
}
