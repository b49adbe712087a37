/** Turns compressed bytes into pixels. Runs in a worker; has no state but the decoder. */

import type { HTJ2KDecoder } from "@cornerstonejs/codec-openjph/wasmjs";
import type { DecodeJob } from "./decode-job";
import { type Pixels, pixelsFromBytes } from "./pixels";

export async function decodeSlice(
  job: DecodeJob,
  htj2k: () => Promise<HTJ2KDecoder>,
): Promise<Pixels> {
  const raw = job.codec === "deflate" ? await inflate(job.bytes) : decodeHtj2k(await htj2k(), job);
  const pixels = pixelsFromBytes(job.type, raw);
  if (pixels.length !== job.length) {
    throw new Error(`The slice holds ${pixels.length} values instead of ${job.length}.`);
  }
  return pixels;
}

/** The returned view points into the decoder's memory: copy it before the next call. */
function decodeHtj2k(decoder: HTJ2KDecoder, job: DecodeJob): Uint8Array {
  decoder.getEncodedBuffer(job.bytes.length).set(job.bytes);
  if (job.reduce === 0) decoder.decode();
  else decoder.decodeSubResolution(job.reduce);
  return decoder.getDecodedBuffer();
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
