/** Who decodes what, and in which order, with workers that answer when the test says so. */
import { describe, expect, it } from "vitest";
import type { DecodeJob, DecodeResult, ToDecoder } from "../../viewer/frontend/src/core/decode-job";
import { DecodePool } from "../../viewer/frontend/src/core/decode-pool";
import { JobQueue } from "../../viewer/frontend/src/core/job-queue";

const FULL = 512 * 512;
const PREVIEW = 128 * 128;

class DecodeWorker {
  onmessage: ((event: { data: DecodeResult }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly told: ToDecoder[] = [];

  postMessage(message: ToDecoder): void {
    this.told.push(message);
  }

  get jobs(): DecodeJob[] {
    return this.told.filter((message) => "id" in message);
  }

  finish(id: number): void {
    this.onmessage?.({ data: { id, milliseconds: 1, pixels: new Int16Array(1), expanded: null } });
  }
}

function job(urgent: boolean, length = FULL): Omit<DecodeJob, "id"> {
  return { urgent, codec: "htj2k", bytes: new Uint8Array(4), reduce: 0, type: "int16", length, expand: null };
}

function pool(count: number): { pool: DecodePool; workers: DecodeWorker[] } {
  const workers: DecodeWorker[] = [];
  const made = new DecodePool(() => {
    workers.push(new DecodeWorker());
    return workers[workers.length - 1] as unknown as Worker;
  }, Promise.resolve(null));
  made.grow(count);
  return { pool: made, workers };
}

/** Gives out as much of a kind as there is room for. */
function fill(decoders: DecodePool, urgent: boolean, length: number): number {
  let given = 0;
  for (; (urgent ? decoders.idle : decoders.spare) > 0 && given < 1000; given += 1) void decoders.run(job(urgent, length)).decoded;
  return given;
}

describe("decode workers", () => {
  it("have one slice ready beside the one in work, or many previews", () => {
    expect(fill(pool(2).pool, true, FULL)).toBe(4);
    expect(fill(pool(1).pool, true, PREVIEW)).toBe(25);
  });

  it("take a slice of any size when they have nothing to do", () => {
    expect(fill(pool(1).pool, true, 4096 * 4096)).toBe(1);
  });

  it("have more ready of what nothing shows, and still take what is urgent", () => {
    const { pool: decoders } = pool(2);
    expect(fill(decoders, false, FULL)).toBe(6);
    expect(fill(decoders, true, FULL)).toBe(4);
  });

  it("share the work evenly, and take more when they are done", async () => {
    const { pool: decoders, workers } = pool(2);
    void decoders.run(job(true)).decoded;
    void decoders.run(job(false)).decoded;
    void decoders.run(job(true)).decoded;
    expect(workers.map(({ jobs }) => jobs.length).sort()).toEqual([1, 2]);
    expect(workers.map(({ jobs }) => jobs.filter(({ urgent }) => urgent).length)).toEqual([1, 1]);
    const { pool: one, workers: [alone] } = pool(1);
    expect(fill(one, true, FULL)).toBe(2);
    alone!.finish(alone!.jobs[0]!.id);
    expect(one.idle).toBe(1);
    const { decoded } = one.run(job(true));
    alone!.finish(alone!.jobs[2]!.id);
    expect((await decoded).pixels).toHaveLength(1);
  });

  it("are told once when a slice becomes urgent, and count it as such", () => {
    const { pool: decoders, workers: [worker] } = pool(1);
    const { hurry } = decoders.run(job(false));
    fill(decoders, false, FULL);
    hurry();
    hurry();
    expect(worker!.told.filter((message) => "hurry" in message)).toEqual([{ hurry: worker!.jobs[0]!.id }]);
    expect(fill(decoders, false, FULL)).toBe(1);
    expect(fill(decoders, true, FULL)).toBe(1);
    worker!.finish(worker!.jobs[0]!.id);
    hurry();
    expect(worker!.told.filter((message) => "hurry" in message)).toHaveLength(1);
  });

  it("that cannot start answer for what they were given, and are not used again", async () => {
    const { pool: decoders, workers } = pool(1);
    const { decoded } = decoders.run(job(true));
    workers[0]!.onerror?.();
    await expect(decoded).rejects.toThrow("could not be started");
    expect([decoders.idle, decoders.spare]).toEqual([0, 0]);
  });
});

describe("what waits in a worker", () => {
  const named = (id: number, urgent: boolean): DecodeJob => ({ ...job(urgent), id });

  it("is taken oldest first, the urgent before the rest", () => {
    const queue = new JobQueue();
    for (const [id, urgent] of [[1, false], [2, true], [3, false], [4, true]] as const) queue.add(named(id, urgent));
    expect([1, 2, 3, 4, 5].map(() => queue.next()?.id)).toEqual([2, 4, 1, 3, undefined]);
  });

  it("becomes urgent when it is told", () => {
    const queue = new JobQueue();
    for (const id of [1, 2, 3]) queue.add(named(id, false));
    queue.hurry(3);
    queue.hurry(7);
    expect([1, 2, 3].map(() => queue.next()?.id)).toEqual([3, 1, 2]);
  });
});
