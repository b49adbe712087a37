import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import openjph from "@cornerstonejs/codec-openjph/wasmjs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeSlice } from "../../viewer/frontend/src/core/decode";
import { Htj2k } from "../../viewer/frontend/src/core/htj2k";
import type { ElementType } from "../../viewer/frontend/src/core/meta";
import { pixelsFromBytes } from "../../viewer/frontend/src/core/pixels";
import cases from "./fixtures/slices.json";

/** The wasm file as bytes: node has no page address to fetch it from. */
async function decoderForNode(): Promise<Htj2k> {
  const path = createRequire(import.meta.url).resolve("@cornerstonejs/codec-openjph/wasm");
  const wasmBinary = await readFile(path);
  return Htj2k.create(openjph, { wasmBinary });
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64"));
}

/** The same numbers in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x100000000;
  };
}

let decoder: Htj2k;
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

  it("covers every type of either codec that a pack can hold", () => {
    const covered = cases.map(({ codec, type, components }) => `${codec} ${type} ${components}`);
    expect(new Set(covered)).toEqual(
      new Set([
        "htj2k uint8 1", "htj2k uint8 3", "htj2k int16 1", "htj2k uint16 1",
        "deflate int32 1", "deflate uint32 1", "deflate float32 1", "deflate float64 1",
        "deflate int16 2", "deflate uint8 4",
      ]),
    );
  });

  it.each(cases)("never shows a damaged $name: an error, or pixels of the announced size", async (stored) => {
    const data = fromBase64(stored.data);
    const full = stored.pictures.find(({ level }) => level === stored.levels - 1)!;
    const length = pixelsFromBytes(stored.type as ElementType, fromBase64(full.pixels)).length;
    const random = numbers(stored.name.length);
    for (let round = 0; round < 8; round += 1) {
      const bytes = data.slice(0, round % 2 === 0 ? data.length : 1 + Math.floor(random() * data.length));
      for (let hit = 0; hit < 3; hit += 1) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const job = { codec: stored.codec as "htj2k", bytes, reduce: 0, type: stored.type as ElementType };
      // A decoder that failed is not used again, as in the worker.
      const fresh = await decoderForNode();
      const outcome = await decodeSlice({ ...job, length, expand: null }, () => Promise.resolve(fresh)).catch(
        (error: unknown) => error,
      );
      if (ArrayBuffer.isView(outcome)) expect((outcome as Int16Array).length).toBe(length);
      else expect(String(outcome).length).toBeGreaterThan(0);
    }
  });

  it("never shows the slice before in place of one whose header is damaged", async () => {
    const [stored] = cases;
    const own = await decoderForNode();
    const good = fromBase64(stored!.data);
    const before = own.decode(good, 0).slice();
    expect(before.length).toBeGreaterThan(0);
    const damaged = good.slice();
    damaged[2] = damaged[2]! ^ 0x55;
    expect(() => own.decode(damaged, 0)).toThrow("SIZ");
    expect(() => own.decode(good.slice(0, 20), 0)).toThrow();
  });

  it("refuses a slice of another size than announced", async () => {
    const [stored] = cases;
    const job = { codec: "htj2k" as const, bytes: fromBase64(stored!.data), reduce: 0, type: "int16" as const, expand: null };
    await expect(decodeSlice({ ...job, length: 5 }, () => Promise.resolve(decoder))).rejects.toThrow("instead of 5");
  });
});
