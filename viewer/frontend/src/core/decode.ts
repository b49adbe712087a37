/** Turns compressed bytes into pixels. Runs in a worker; has no state but the decoder. */

import type { DecodeJob } from "./decode-job";
import type { Htj2k } from "./htj2k";
import { type Pixels, pixelsFromBytes } from "./pixels";

export async function decodeSlice(
  job: Omit<DecodeJob, "id" | "urgent">,
  htj2k: () => Promise<Htj2k>,
): Promise<Pixels> {
  const raw = job.codec === "deflate" ? await inflate(job.bytes) : (await htj2k()).decode(job.bytes, job.reduce);
  const pixels = pixelsFromBytes(job.type, raw);
  if (pixels.length !== job.length) {
    throw new Error(`The slice holds ${pixels.length} values instead of ${job.length}.`);
  }
  return pixels;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
