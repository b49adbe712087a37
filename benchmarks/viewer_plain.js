/*
 * The plain way to look at a volume: fetch its MetaImage file, inflate it while it comes, and have
 * all of it in memory. `plain.middle` is when the middle slice was there, `plain.all` when all were.
 */
const COMPRESSED = /CompressedData *= *True/i;
const plain = { middle: null, all: null, bytes: 0 };
const round = (value) => Math.round(value * 100) / 100;

/** Cuts the text header off a stream of bytes; what follows are the pixels. */
async function pixelsOf(reader) {
  let head = new Uint8Array();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The file ends in its header.");
    plain.bytes += value.length;
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
    const text = new TextDecoder("latin1").decode(head.subarray(0, 4096));
    const end = /ElementDataFile *= *LOCAL\r?\n/.exec(text);
    if (end) return { text, rest: head.subarray(end.index + end[0].length) };
  }
}

async function load(address, bytes) {
  const reader = (await fetch(address, { cache: "no-store" })).body.getReader();
  const { text, rest } = await pixelsOf(reader);
  let first = rest;
  const body = new ReadableStream({
    async pull(controller) {
      if (first) {
        controller.enqueue(first);
        first = null;
        return;
      }
      const { value, done } = await reader.read();
      if (done) {
        controller.close();
        return;
      }
      plain.bytes += value.length;
      controller.enqueue(value);
    },
  });
  const pixels = new Uint8Array(bytes);
  const plainBytes = COMPRESSED.test(text) ? body.pipeThrough(new DecompressionStream("deflate")) : body;
  let at = 0;
  for await (const piece of plainBytes) {
    pixels.set(piece, at);
    at += piece.length;
    if (plain.middle === null && at > bytes / 2) plain.middle = round(performance.now());
  }
  if (at !== bytes) throw new Error(`${at} of ${bytes} bytes were in the file.`);
  plain.all = round(performance.now());
  return pixels;
}

async function digestOf(pixels) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", pixels));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const asked = new URL(window.location.href).searchParams;
window.plain = load("/plain/volume.mha", Number(asked.get("bytes"))).then(async (pixels) =>
  asked.has("digest") ? { ...plain, digest: await digestOf(pixels) } : plain,
);
