import openjph, { type HTJ2KDecoder } from "@cornerstonejs/codec-openjph/wasmjs";
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";
import { decodeSlice } from "./decode";
import type { DecodeJob, DecodeResult } from "./decode-job";

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
    const milliseconds = performance.now() - started;
    scope.postMessage({ id: job.id, pixels, milliseconds }, [pixels.buffer]);
  } catch (error) {
    scope.postMessage({ id: job.id, error: String(error) }, []);
  }
}

scope.onmessage = ({ data }) => {
  if (data === "warm") void htj2k().catch(() => undefined);
  else void answer(data);
};
