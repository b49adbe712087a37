/** What goes to a decode worker and what comes back. */

import type { ElementType } from "./meta";
import type { Pixels } from "./pixels";

export interface DecodeJob {
  readonly id: number;
  readonly codec: "htj2k" | "deflate";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Resolutions to leave out: 0 decodes the full picture. */
  readonly reduce: number;
  readonly type: ElementType;
  /** Values expected in the result: width * height * components of that level. */
  readonly length: number;
}

export type DecodeResult =
  | { readonly id: number; readonly pixels: Pixels; readonly milliseconds: number }
  | { readonly id: number; readonly error: string };
