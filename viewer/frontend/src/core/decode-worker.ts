import openjph, { type HTJ2KDecoder } from "@cornerstonejs/codec-openjph/wasmjs";
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";
import { decodeSlice } from "./decode";
import type { DecodeJob, DecodeResult } from "./decode-job";
import { expandSlice } from "./expand";

let decoder: Promise<HTJ2KDecoder> | undefined;

/** Loaded on the first HTJ2K slice; `warm` starts it before there is one. */
function htj2k(): Promise<HTJ2KDecoder> {
  decoder ??= openjph({ locateFile: () => wasmUrl }).then((module) => new module.HTJ2KDecoder());
  return decoder;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<DecodeJob | "warm">) => void;
  postMessage(message: DecodeResult, transfer: Transferable[]): void;
};

async function answer(job: DecodeJob): Promise<void> {
  const started = performance.now();
  try {
    const pixels = await decodeSlice(job, htj2k);
    const expanded = job.expand && expandSlice(job.type, pixels, job.expand);
    const milliseconds = performance.now() - started;
    const buffers = expanded ? [pixels.buffer, expanded.buffer] : [pixels.buffer];
    scope.postMessage({ id: job.id, pixels, expanded, milliseconds }, buffers);
  } catch (error) {
    scope.postMessage({ id: job.id, error: String(error) }, []);
  }
}

scope.onmessage = ({ data }) => {
  if (data === "warm") void htj2k().catch(() => undefined);
  else void answer(data);
};
