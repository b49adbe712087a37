import type { DecodeJob, DecodeResult, Decoded, DecoderModule } from "./decode-job";

interface Pending {
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: Error) => void;
  readonly worker: Worker;
}

const FEWEST = 2;
const MOST = 4;

/** One core is left to the drawing thread; more than four workers wait for memory, not for cores. */
export function workerCount(cores: number): number {
  return Math.min(MOST, Math.max(FEWEST, cores - 1));
}

/**
 * Decode workers without a queue of their own: who asks looks at `idle` and picks the most urgent slice then,
 * so nothing stale waits in line.
 */
export class DecodePool {
  private readonly createWorker: () => Worker;
  private readonly module: Promise<WebAssembly.Module | null>;
  private readonly free: Worker[] = [];
  private readonly pending = new Map<number, Pending>();
  /** Whether the decoder could not be had: then no slice of its kind can be shown, sound or not. */
  missing = false;
  private started = 0;
  private next = 1;

  /** `module`: the HTJ2K decoder as it was compiled for all workers; null when it cannot be had. */
  constructor(createWorker: () => Worker, module: Promise<WebAssembly.Module | null>) {
    this.createWorker = createWorker;
    this.module = module;
    void module.then((compiled) => { this.missing = compiled === null; });
  }

  get idle(): number {
    return this.free.length;
  }

  /** Sees to it that so many workers run: one is enough for the first picture, and sooner ready alone. */
  grow(count: number): void {
    for (; this.started < count; this.started += 1) this.free.push(this.start());
  }

  /** Decodes on a free worker; the caller has checked `idle`. The job's bytes are handed over. */
  run(job: Omit<DecodeJob, "id">): Promise<Decoded> {
    const worker = this.free.pop();
    if (!worker) return Promise.reject(new Error("No decode worker is free."));
    const id = this.next;
    this.next += 1;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, worker });
      worker.postMessage({ ...job, id }, [job.bytes.buffer]);
    });
  }

  private start(): Worker {
    const worker = this.createWorker();
    worker.onmessage = (event: MessageEvent<DecodeResult>) => {
      this.settle(event.data);
    };
    worker.onerror = () => {
      this.fail(worker);
    };
    void this.module.then((module) => {
      const message: DecoderModule = { module };
      worker.postMessage(message);
    });
    return worker;
  }

  private settle(result: DecodeResult): void {
    const pending = this.pending.get(result.id);
    if (!pending) return;
    this.pending.delete(result.id);
    this.free.push(pending.worker);
    if ("error" in result) pending.reject(new Error(result.error));
    else pending.resolve(result);
  }

  /** A worker that cannot even start answers for what it was given and is not used again. */
  private fail(worker: Worker): void {
    for (const [id, pending] of this.pending) {
      if (pending.worker !== worker) continue;
      this.pending.delete(id);
      pending.reject(new Error("The picture decoder could not be started."));
    }
    const index = this.free.indexOf(worker);
    if (index >= 0) this.free.splice(index, 1);
  }
}
