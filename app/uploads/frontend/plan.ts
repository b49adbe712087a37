/** How files become requests: small ones together, large ones in parts. */
import type { Job } from "./jobs";

export const PART_SIZE = 8 * 2 ** 20;
const MOST_PARTS = 10_000;
const BATCH_FILES = 50;
const BATCH_BYTES = 64 * 2 ** 20;
const LONGEST_NAME = 255;

/** What one worker takes at a time. */
export type Unit = { kind: "batch"; jobs: Job[] } | { kind: "large"; job: Job };

/** A whole number of MiB, larger only where 10,000 parts would not do. */
export function partSizeFor(size: number): number {
  const needed = Math.ceil(size / MOST_PARTS / 2 ** 20) * 2 ** 20;
  return Math.max(PART_SIZE, needed);
}

export function partCount(size: number): number {
  return Math.max(1, Math.ceil(size / partSizeFor(size)));
}

/** Take the next unit off the front of `waiting`, keeping the order. */
export function nextUnit(waiting: Job[]): Unit | null {
  const first = waiting.shift();
  if (!first) return null;
  if (first.size > PART_SIZE) return { kind: "large", job: first };
  const jobs = [first];
  let bytes = first.size;
  while (jobs.length < BATCH_FILES) {
    const next = waiting[0];
    if (!next || next.size > PART_SIZE || bytes + next.size > BATCH_BYTES) break;
    bytes += next.size;
    jobs.push(next);
    waiting.shift();
  }
  return { kind: "batch", jobs };
}

/** The last part of a path, cut from the left where it is too long: the ending says the kind. */
export function filenameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).slice(-LONGEST_NAME);
}
