/** What is asked for, decoded and told, with the two ends (socket and workers) in the test's hands. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Link } from "../../viewer/frontend/src/core/connection";
import { crc32 } from "../../viewer/frontend/src/core/crc32";
import type { Decoded, DecodeJob } from "../../viewer/frontend/src/core/decode-job";
import type { Decoding } from "../../viewer/frontend/src/core/decode-pool";
import { Emitter } from "../../viewer/frontend/src/core/emitter";
import type { LayerMeta } from "../../viewer/frontend/src/core/meta";
import { pixelArray } from "../../viewer/frontend/src/core/pixels";
import { NO_LEVEL, type ServerMessage } from "../../viewer/frontend/src/core/protocol";
import { type Decoders, Session } from "../../viewer/frontend/src/core/session";
import type { ViewDemand } from "../../viewer/frontend/src/core/wants";
import { layerMeta } from "./layers";

const PREVIEW = 4;
const FULL = 10;
const DEPTH = 6;

interface Asked {
  readonly generation: number;
  /** `slice:have>level`. */
  readonly items: readonly string[];
}

class Socket extends Emitter<{ message: ServerMessage; status: { kind: "open" }; woken: null }> {
  reconnects = 0;
  readonly asked: Asked[] = [];
  expecting = false;
  isOpen = true;

  open(): void {
    this.emit("status", { kind: "open" });
  }

  send(bytes: Uint8Array): boolean {
    if (this.isOpen) this.asked.push(readWant(bytes));
    return this.isOpen;
  }

  expectAnswer(expected: boolean): void {
    this.expecting = expected;
  }

  describe(layers: readonly LayerMeta[], title = "CT"): void {
    const cuts = layers.map((layer) => {
      const slices = layer.size[2] * layer.timepoints;
      return Uint32Array.from({ length: slices * layer.levels }, (_, at) => (at % 2 === 0 ? PREVIEW : FULL));
    });
    this.emit("message", { kind: "meta", meta: { version: 2, title, layers }, cuts });
  }

  fragment(slice: number, levelFrom: number, levelTo: number, changes: { layer?: number; crc?: number } = {}): void {
    const start = levelFrom === NO_LEVEL ? 0 : PREVIEW;
    const payload = new Uint8Array((levelTo === 0 ? PREVIEW : FULL) - start).fill(slice);
    const crc = crc32(payload);
    this.emit("message", {
      kind: "fragment", generation: 1, layer: 0, plane: 0, slice, levelFrom, levelTo, crc, payload, ...changes,
    });
  }

  done(): void {
    this.emit("message", { kind: "done", generation: this.asked[this.asked.length - 1]!.generation });
  }
}

function readWant(bytes: Uint8Array): Asked {
  const view = new DataView(bytes.buffer);
  const items = Array.from({ length: view.getUint16(5, true) }, (_, index) => {
    const at = 7 + index * 7;
    const have = view.getUint8(at + 4);
    return `${view.getUint16(at + 2, true)}:${have === NO_LEVEL ? "" : have}>${view.getUint8(at + 5)}`;
  });
  return { generation: view.getUint32(1, true), items };
}

/** Workers that finish when the test says so. */
class Workers implements Decoders {
  readonly jobs: { readonly job: Omit<DecodeJob, "id">; readonly finish: (fails?: boolean) => void; hurried: boolean }[] = [];
  idle: number;
  spare: number;

  constructor(count: number) {
    this.idle = count;
    this.spare = count;
  }

  grow(): void { return; }

  run(job: Omit<DecodeJob, "id">): Decoding {
    const kind = job.urgent ? "idle" : "spare";
    this[kind] -= 1;
    let hurry = (): void => undefined;
    const decoded = new Promise<Decoded>((resolve, reject) => {
      const given = {
        job,
        hurried: false,
        finish: (fails = false) => {
          this[kind] += 1;
          const pixels = pixelArray("int16", job.length).fill(job.bytes[0]!);
          if (fails) reject(new Error("damaged"));
          else resolve({ pixels, expanded: job.expand && pixelArray("int16", job.expand.width * job.expand.height).fill(job.bytes[0]!) });
        },
      };
      this.jobs.push(given);
      hurry = () => { given.hurried = true; };
    });
    return { decoded, hurry: () => { hurry(); } };
  }

  /** Which slices were decoded, by the value of their bytes, and how far. */
  get order(): string[] {
    return this.jobs.map(({ job }) => `${job.bytes[0]}>${1 - job.reduce}`);
  }

  async finishAll(): Promise<void> {
    for (let at = 0; at < this.jobs.length; at += 1) {
      this.jobs[at]!.finish();
      await vi.advanceTimersByTimeAsync(0);
    }
  }
}

const meta = layerMeta({ size: [256, 6, DEPTH], levels: 2, level_sizes: [[128, 3], [256, 6]] });

function described(options: { workers?: number; layers?: readonly LayerMeta[] } = {}): {
  session: Session;
  socket: Socket;
  workers: Workers;
  show: (view?: Partial<ViewDemand>) => void;
} {
  const socket = new Socket();
  const workers = new Workers(options.workers ?? 1);
  const budgets = { streamBytes: 1e6, previewBytes: 1e6, fullBytes: 1e6, volumeBytes: 1e6 };
  const session = new Session({ connection: socket as unknown as Link, pool: workers, budgets });
  session.open();
  socket.describe(options.layers ?? [meta]);
  const show = (view: Partial<ViewDemand> = {}): void => {
    session.want({
      layers: session.layers.map((layer) => layer.demand()),
      views: [{ layers: [0], slice: 3, timepoint: 0, direction: 0, stored: true, ...view }],
    });
  };
  return { session, socket, workers, show };
}

const later = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("what is asked for", () => {
  it("is everything in order, at once, and waits for an answer", () => {
    const { socket, show } = described();
    show();
    expect(socket.asked).toHaveLength(1);
    expect(socket.asked[0]!.items).toHaveLength(2 * DEPTH);
    expect(socket.asked[0]!.items.slice(0, 2)).toEqual(["3:>0", "4:>0"]);
    expect(socket.asked[0]!.items).toContain("3:0>1");
    expect(socket.expecting).toBe(true);
  });

  it("follows a reader who scrolls without a flood, and with the last place in the end", async () => {
    const { socket, show } = described();
    for (let slice = 0; slice < DEPTH; slice += 1) show({ slice });
    expect(socket.asked).toHaveLength(1);
    await later(60);
    expect(socket.asked).toHaveLength(2);
    expect(socket.asked[1]!.items[0]).toBe("5:>0");
    expect(socket.asked.map(({ generation }) => generation)).toEqual([1, 2]);
  });

  it("is little while a reader scrolls, and everything right after the opening picture", async () => {
    const long = layerMeta({ ...meta, size: [256, 6, 400] });
    const { socket, session, show } = described({ layers: [long] });
    const views = [{ layers: [0], slice: 3, timepoint: 0, direction: 0 as const, stored: true }];
    session.want({ layers: session.layers.map((layer) => layer.demand()), views, brief: true });
    show();
    await later(60);
    show({ slice: 4 });
    await later(60);
    expect(socket.asked.map(({ items }) => items.length)).toEqual([2, 800, 512]);
  });

  it("is never what is held, in flight or decoded", async () => {
    const { socket, show } = described();
    show();
    socket.fragment(3, NO_LEVEL, 0);
    socket.fragment(4, NO_LEVEL, 1);
    await later(60);
    show({ slice: 4 });
    const { items } = socket.asked[1]!;
    expect(items.some((item) => item.startsWith("4:"))).toBe(false);
    expect(items.filter((item) => item.startsWith("3:"))).toEqual(["3:0>1"]);
  });

  it("after a break is what is missing, and what is held stays", async () => {
    const { socket, show, session } = described();
    const told = vi.fn();
    session.on("meta", told);
    show();
    for (let slice = 0; slice < 5; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    socket.isOpen = false;
    show({ slice: 2 });
    socket.isOpen = true;
    await later(100);
    socket.asked.length = 0;
    socket.describe([meta]);
    expect(socket.asked.map(({ items }) => items)).toEqual([["5:>0", "5:0>1"]]);
    expect(told).not.toHaveBeenCalled();
  });

  it("starts over when other images are described", () => {
    const { socket, show, session } = described();
    show();
    socket.fragment(3, NO_LEVEL, 1);
    socket.describe([meta], "another");
    expect(session.meta?.title).toBe("another");
    expect(session.layers[0]!.streams.have(3)).toBe(NO_LEVEL);
  });

  it("ends with everything, and a silent line is then fine", async () => {
    const { socket, show, session } = described();
    const settled = vi.fn();
    session.on("settled", settled);
    show();
    for (let slice = 0; slice < DEPTH; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    socket.done();
    expect(settled).toHaveBeenCalledTimes(1);
    expect(socket.expecting).toBe(false);
    await later(1000);
    expect(socket.asked).toHaveLength(1);
  });

  it("is stated again when the reader returns, though nothing is missing", async () => {
    const { socket, show } = described();
    show();
    for (let slice = 0; slice < DEPTH; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    socket.done();
    socket.emit("woken", null);
    expect(socket.asked[1]!.items).toEqual([]);
    expect(socket.expecting).toBe(true);
    socket.done();
    expect(socket.expecting).toBe(false);
  });
});

describe("damage", () => {
  it("on the way is asked for again twice and then told", async () => {
    const { socket, show, session } = described();
    const broken = vi.fn();
    session.on("broken", broken);
    show();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(socket.asked).toHaveLength(attempt);
      expect(socket.asked[attempt - 1]!.items[0]).toBe("3:>0");
      socket.fragment(3, NO_LEVEL, 0, { crc: 1 });
      await later(60);
    }
    expect(broken).toHaveBeenCalledExactlyOnceWith({ layer: 0, slice: 3 });
    expect(socket.asked[3]!.items.some((item) => item.startsWith("3:"))).toBe(false);
  });

  it("that only the decoder finds makes the slice asked for anew", async () => {
    const { socket, show, workers } = described();
    show();
    socket.fragment(3, NO_LEVEL, 0);
    workers.jobs[0]!.finish(true);
    await later(60);
    expect(socket.asked[1]!.items[0]).toBe("3:>0");
  });

  it("of layers, slices or planes that do not exist is not looked at", () => {
    const { socket, show, workers } = described();
    show();
    socket.fragment(3, NO_LEVEL, 0, { layer: 9 });
    socket.fragment(60_000, NO_LEVEL, 0);
    expect(workers.jobs).toEqual([]);
  });
});

describe("decoding", () => {
  it("takes the most urgent of what is there when a worker is free", async () => {
    const { socket, show, workers } = described();
    show();
    for (const slice of [1, 5, 4, 3]) socket.fragment(slice, NO_LEVEL, 1);
    expect(workers.order).toEqual(["1>0"]);
    await workers.finishAll();
    expect(workers.order.slice(0, 5)).toEqual(["1>0", "3>0", "4>0", "5>0", "3>1"]);
  });

  it("leaves what the reader scrolled past", async () => {
    const { socket, show, workers } = described();
    show({ slice: 0 });
    for (let slice = 0; slice < DEPTH; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    show({ slice: 5 });
    workers.jobs[0]!.finish();
    await later(0);
    expect(workers.order[1]).toBe("5>0");
  });

  it("leaves far slices compressed while the reader works, and takes them at leisure", async () => {
    const far = layerMeta({ ...meta, size: [256, 6, 40] });
    const { socket, show, workers, session } = described({ layers: [far] });
    show();
    for (let slice = 0; slice < 40; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    await workers.finishAll();
    expect(workers.order).not.toContain("39>1");
    expect(workers.order).toContain("39>0");
    session.grantLeisure();
    await later(300);
    await workers.finishAll();
    expect(workers.order.filter((decoded) => decoded === "39>1")).toHaveLength(1);
    expect(session.timings.moments.allDecoded).toBeGreaterThan(0);
  });

  it("at leisure steps aside for what the reader comes to look at", async () => {
    const far = layerMeta({ ...meta, size: [256, 6, 40] });
    const { socket, show, workers, session } = described({ layers: [far] });
    show();
    for (let slice = 20; slice < 40; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    await workers.finishAll();
    session.grantLeisure();
    await later(300);
    const waiting = workers.jobs.findLast(({ job }) => !job.urgent)!;
    const slice = waiting.job.bytes[0]!;
    expect(waiting.job.reduce).toBe(0);
    expect(waiting.hurried).toBe(false);
    show({ slice });
    expect(waiting.hurried).toBe(true);
    expect(workers.order.filter((decoded) => decoded === `${slice}>1`)).toHaveLength(1);
  });

  it("of everything can be asked for", async () => {
    const far = layerMeta({ ...meta, size: [256, 6, 40] });
    const { socket, show, workers, session } = described({ layers: [far], workers: 2 });
    show();
    const all = vi.fn();
    void session.whenAllDecoded().then(all);
    for (let slice = 0; slice < 40; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    await workers.finishAll();
    expect(all).toHaveBeenCalledTimes(1);
    await session.whenAllDecoded();
    expect(new Set(workers.order).size).toBe(workers.order.length);
  });

  it("of a cut goes into the volume, expanded and then whole, and is told slice by slice", async () => {
    const { socket, show, workers, session } = described();
    const told: string[] = [];
    session.on("slice", ({ slice, level }) => {
      told.push(`${slice}>${level} ${session.layers[0]!.volume(0).slice(slice)[9]}`);
    });
    const volume = session.layers[0]!.volume(0);
    show({ stored: false });
    for (let slice = 0; slice < DEPTH; slice += 1) socket.fragment(slice, NO_LEVEL, 1);
    await workers.finishAll();
    expect(volume.complete).toBe(true);
    expect(told).toHaveLength(2 * DEPTH);
    expect(told).toContain("2>0 2");
    expect(told).toContain("2>1 2");
    expect(session.timings.moments.swept).toBeDefined();
  });

  it("fills a volume that is made later from what was decoded and what is held", async () => {
    const { socket, show, workers, session } = described();
    show();
    socket.fragment(3, NO_LEVEL, 1);
    socket.fragment(0, NO_LEVEL, 0);
    await workers.finishAll();
    expect(workers.order).toEqual(["3>0", "0>0", "3>1"]);
    const volume = session.layers[0]!.volume(0);
    expect([volume.level(3), volume.level(0)]).toEqual([1, -1]);
    await later(0);
    await workers.finishAll();
    expect(workers.order).toEqual(["3>0", "0>0", "3>1", "0>0"]);
    expect(volume.level(0)).toBe(0);
  });
});
