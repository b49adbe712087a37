/** How long a message may take before its line counts as dead. */

/** A line that is silent for so long is dead (ms). */
const SILENCE = 30_000;
/** Letters that even the slowest line takes in a millisecond: 128 kbit/s. */
const SLOWEST = 16;

/** Milliseconds for a message of so many letters: what is large takes its time on a slow line, and would never arrive otherwise. */
export function patienceFor(letters: number): number {
  return SILENCE + Math.ceil(letters / SLOWEST);
}
