/** Slices of masks on the wire (docs/annotations.md): deflated, then base64; nothing for an empty slice. */

import { BACKGROUND, type LabelType, type Labels } from "./label-map";

/** A slice that is not what the site promises. */
export class BadSlice extends Error {
  override readonly name = "BadSlice";
}

export async function packSlice(labels: Labels): Promise<string> {
  if (labels.every((label) => label === BACKGROUND)) return "";
  const bytes = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
  const packed = await new Response(through(bytes, new CompressionStream("deflate"))).arrayBuffer();
  return toBase64(new Uint8Array(packed));
}

/** `length`: voxels of a slice. Never takes more memory than that, whatever the text holds. */
export async function unpackSlice(data: string, type: LabelType, length: number): Promise<Labels> {
  const labels = type === "uint8" ? new Uint8Array(length) : new Uint16Array(length);
  if (data === "") return labels;
  const bytes = new Uint8Array(labels.buffer);
  let used = 0;
  try {
    const reader = through(fromBase64(data), new DecompressionStream("deflate")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (used + part.value.length > bytes.length) throw new BadSlice("A slice of the mask is larger than its image.");
      bytes.set(part.value, used);
      used += part.value.length;
    }
  } catch (error) {
    throw error instanceof BadSlice ? error : new BadSlice("A slice of the mask arrived damaged.");
  }
  if (used !== bytes.length) throw new BadSlice("A slice of the mask is smaller than its image.");
  return labels;
}

function through(bytes: Uint8Array<ArrayBuffer>, transform: CompressionStream | DecompressionStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([bytes]).stream().pipeThrough(transform) as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Arguments of one call: more would overflow the stack. */
const AT_ONCE = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_ONCE) text += String.fromCharCode(...bytes.subarray(at, at + AT_ONCE));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
