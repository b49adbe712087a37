/** How files become requests: small ones together, large ones in parts. */

export const PART_SIZE = 8 * 2 ** 20;
export const SIGNED_AHEAD = 20;
const MOST_PARTS = 10_000;
const LONGEST_NAME = 255;

/** A whole number of MiB, larger only where 10,000 parts would not do. */
export function partSizeFor(size: number): number {
  const needed = Math.ceil(size / MOST_PARTS / 2 ** 20) * 2 ** 20;
  return Math.max(PART_SIZE, needed);
}

export function partCount(size: number): number {
  return Math.max(1, Math.ceil(size / partSizeFor(size)));
}

/** How many bytes the part of this number has. */
export function sizeOfPart(size: number, number: number): number {
  return Math.min(partSizeFor(size), size - (number - 1) * partSizeFor(size));
}

/** The parts to sign together with this one: those of its stretch of twenty. */
export function stretchOf(number: number, count: number): number[] {
  const first = number - ((number - 1) % SIGNED_AHEAD);
  const last = Math.min(count, first + SIGNED_AHEAD - 1);
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** The last part of a path, cut from the left where it is too long: the ending says the kind. */
export function filenameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).slice(-LONGEST_NAME);
}
