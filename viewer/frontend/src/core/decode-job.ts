/** What goes to a decode worker and what comes back. */

import type { Expansion } from "./expand";
import type { ElementType } from "./meta";
import type { Pixels } from "./pixels";

export interface DecodeJob {
  readonly id: number;
  /** The screen shows it: it goes before what it does not. */
  readonly urgent: boolean;
  readonly codec: "htj2k" | "deflate";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Resolutions to leave out: 0 decodes the full picture. */
  readonly reduce: number;
  readonly type: ElementType;
  /** Values expected in the result: width * height * components of that level. */
  readonly length: number;
  /** The full grid when a preview is to be laid over it, too: for a volume. */
  readonly expand: Expansion | null;
}

/** The compiled HTJ2K decoder, handed to a worker once; null when it could not be loaded. */
export interface DecoderModule {
  readonly module: WebAssembly.Module | null;
}

export type ToDecoder =
  | DecodeJob
  | DecoderModule
  /** This job is urgent now. */
  | { readonly hurry: number };

export interface Decoded {
  readonly pixels: Pixels;
  readonly expanded: Pixels | null;
}

export type DecodeResult =
  | ({ readonly id: number; readonly milliseconds: number } & Decoded)
  | { readonly id: number; readonly error: string };
