import type { DecodeJob, DecodeResult, Decoded, ToDecoder } from "./decode-job";

/** A worker and how many values it was given and has not answered. */
interface Hand {
  readonly worker: Worker;
  urgent: number;
  far: number;
}

interface Pending {
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: Error) => void;
  readonly hand: Hand;
  readonly length: number;
  urgent: boolean;
}

/** A slice that was given to a worker. */
export interface Decoding {
  readonly decoded: Promise<Decoded>;
  /** The screen shows it now: it goes before what it does not. */
  hurry(): void;
}

const FEWEST = 2;
const MOST = 4;

/** One core is left to the drawing thread; more than four workers wait for memory, not for cores. */
export function workerCount(cores: number): number {
  return Math.min(MOST, Math.max(FEWEST, cores - 1));
}

/**
 * Values that a worker is given before it is asked for more, so that it goes on while the page draws. Of what the
 * screen needs two slices of 512 x 512, or many previews; of the rest three: more would keep the processors busy
 * when the reader jumps (with fifteen, slices came 100 ms later on two cores).
 */
const URGENT_AHEAD = 400_000;
const FAR_AHEAD = 600_000;

/** Decode workers. Who asks looks at `idle` and `spare` and picks the most urgent slices then. */
export class DecodePool {
  private readonly createWorker: () => Worker;
  private readonly module: Promise<WebAssembly.Module | null>;
  private readonly hands: Hand[] = [];
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

  /** How many workers take something that the screen needs. */
  get idle(): number {
    return this.hands.filter(({ urgent }) => urgent < URGENT_AHEAD).length;
  }

  /** How many workers take something that nothing shows. */
  get spare(): number {
    return this.hands.filter(({ far }) => far < FAR_AHEAD).length;
  }

  /** Sees to it that so many workers run: one is enough for the first picture, and sooner ready alone. */
  grow(count: number): void {
    for (; this.started < count; this.started += 1) this.start();
  }

  /** Decodes on the worker with least to do; the caller has checked `idle` or `spare`. The job's bytes are handed over. */
  run(job: Omit<DecodeJob, "id">): Decoding {
    const load = job.urgent ? urgentLoad : farLoad;
    const [hand] = [...this.hands].sort((one, other) => load(one) - load(other));
    if (!hand) return { decoded: Promise.reject(new Error("No decode worker is there.")), hurry: () => undefined };
    const id = this.next;
    this.next += 1;
    hand[job.urgent ? "urgent" : "far"] += job.length;
    const decoded = new Promise<Decoded>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, hand, length: job.length, urgent: job.urgent });
    });
    hand.worker.postMessage({ ...job, id } satisfies ToDecoder, [job.bytes.buffer]);
    return { decoded, hurry: () => { this.hurry(id); } };
  }

  private hurry(id: number): void {
    const pending = this.pending.get(id);
    if (!pending || pending.urgent) return;
    pending.urgent = true;
    pending.hand.far -= pending.length;
    pending.hand.urgent += pending.length;
    pending.hand.worker.postMessage({ hurry: id } satisfies ToDecoder);
  }

  private start(): void {
    const worker = this.createWorker();
    const hand = { worker, urgent: 0, far: 0 };
    this.hands.push(hand);
    worker.onmessage = (event: MessageEvent<DecodeResult>) => {
      this.settle(event.data);
    };
    worker.onerror = () => {
      this.fail(hand);
    };
    void this.module.then((module) => {
      worker.postMessage({ module } satisfies ToDecoder);
    });
  }

  private settle(result: DecodeResult): void {
    const pending = this.pending.get(result.id);
    if (!pending) return;
    this.pending.delete(result.id);
    pending.hand[pending.urgent ? "urgent" : "far"] -= pending.length;
    if ("error" in result) pending.reject(new Error(result.error));
    else pending.resolve(result);
  }

  /** A worker that cannot even start answers for what it was given and is not used again. */
  private fail(hand: Hand): void {
    for (const [id, pending] of this.pending) {
      if (pending.hand !== hand) continue;
      this.pending.delete(id);
      pending.reject(new Error("The picture decoder could not be started."));
    }
    const index = this.hands.indexOf(hand);
    if (index >= 0) this.hands.splice(index, 1);
  }
}

/** Urgent work goes before the rest, which counts only between workers that have as much of it. */
function urgentLoad({ urgent, far }: Hand): number {
  return urgent + far / (2 * FAR_AHEAD);
}

function farLoad({ far }: Hand): number {
  return far;
}
