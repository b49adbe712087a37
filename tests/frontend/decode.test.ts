import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import openjph, { type HTJ2KDecoder } from "@cornerstonejs/codec-openjph/wasmjs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeSlice } from "../../viewer/frontend/src/core/decode";
import type { ElementType } from "../../viewer/frontend/src/core/meta";
import { pixelsFromBytes } from "../../viewer/frontend/src/core/pixels";
import cases from "./fixtures/slices.json";

/** The wasm file as bytes: node has no page address to fetch it from. */
async function decoderForNode(): Promise<HTJ2KDecoder> {
  const path = createRequire(import.meta.url).resolve("@cornerstonejs/codec-openjph/wasm");
  const wasmBinary = await readFile(path);
  const module = await openjph({ wasmBinary });
  return new module.HTJ2KDecoder();
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

let decoder: HTJ2KDecoder;
beforeAll(async () => {
  decoder = await decoderForNode();
});

const pictures = cases.flatMap((stored) =>
  stored.pictures.map((picture) => ({ ...stored, ...picture, type: stored.type as ElementType })),
);

describe("slices as the server stores them", () => {
  it.each(pictures)("decodes $name at level $level from its prefix, bit by bit", async (picture) => {
    const expected = pixelsFromBytes(picture.type, fromBase64(picture.pixels));
    const pixels = await decodeSlice(
      {
        id: 1,
        codec: picture.codec as "htj2k" | "deflate",
        bytes: fromBase64(picture.data).slice(0, picture.cuts[picture.level]),
        reduce: picture.levels - 1 - picture.level,
        type: picture.type,
        length: expected.length,
        expand: null,
      },
      () => Promise.resolve(decoder),
    );
    expect(pixels).toEqual(expected);
  });

  it("refuses a slice of another size than announced", async () => {
    const [stored] = cases;
    const job = { id: 1, codec: "htj2k" as const, bytes: fromBase64(stored!.data), reduce: 0, type: "int16" as const, expand: null };
    await expect(decodeSlice({ ...job, length: 5 }, () => Promise.resolve(decoder))).rejects.toThrow("instead of 5");
  });
});
