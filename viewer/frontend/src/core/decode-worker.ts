import openjph from "@cornerstonejs/codec-openjph/wasmjs";
import { decodeSlice } from "./decode";
import type { DecodeJob, DecodeResult, ToDecoder } from "./decode-job";
import { expandSlice } from "./expand";
import { Htj2k } from "./htj2k";
import { JobQueue } from "./job-queue";

let compiled: ((module: WebAssembly.Module | PromiseLike<never>) => void) | undefined;
const moduleToCome = new Promise<WebAssembly.Module>((resolve) => { compiled = resolve; });
let decoder: Promise<Htj2k> | undefined;

/** Compiled once by the page for all workers; here it only gets a memory of its own. */
function htj2k(): Promise<Htj2k> {
  decoder ??= moduleToCome.then(
    (module) =>
      new Promise((resolve, reject) => {
        Htj2k.create(openjph, {
          instantiateWasm: (imports, receive) => {
            WebAssembly.instantiate(module, imports).then((instance) => { receive(instance, module); }, reject);
            return {};
          },
        }).then(resolve, reject);
      }),
  );
  return decoder;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToDecoder>) => void;
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
    // Damaged bytes may have left anything in its memory: the next slice gets a new one.
    decoder = undefined;
    scope.postMessage({ id: job.id, error: String(error) }, []);
  }
}

const waiting = new JobQueue();
/** Between two jobs all that has come meanwhile is looked at. */
const turns = new MessageChannel();
let working = false;

turns.port1.onmessage = () => {
  const job = waiting.next();
  working = job !== undefined;
  if (job) void answer(job).then(() => { turns.port2.postMessage(null); });
};

function take(job: DecodeJob): void {
  waiting.add(job);
  if (working) return;
  working = true;
  turns.port2.postMessage(null);
}

scope.onmessage = ({ data }) => {
  if ("id" in data) take(data);
  else if ("hurry" in data) waiting.hurry(data.hurry);
  else if (data.module) compiled?.(data.module);
  else compiled?.(Promise.reject(new Error("The picture decoder could not be loaded.")));
  // A decoder is made before the first slice is here, not when it waits.
  void htj2k().catch(() => undefined);
};
