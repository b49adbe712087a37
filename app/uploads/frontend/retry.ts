/** Trying again, later each time, when the network or the server has a bad moment. */

/** An answer that says no. `status` 0 means that there was no answer. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export const TRIES = 7;
const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 20_000;

/** How long to wait before the next try: doubled each time, spread by up to a quarter. */
export function waitBefore(attempt: number, spread = Math.random()): number {
  const wait = Math.min(FIRST_WAIT * 2 ** attempt, LONGEST_WAIT);
  return wait * (0.75 + 0.5 * spread);
}

/** Run `action` until it succeeds, is refused for good, was tried often enough, or is cancelled. */
export async function withRetries<T>(
  action: (attempt: number) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await action(attempt);
    } catch (error) {
      const again = error instanceof Refusal && error.isPassing && attempt + 1 < TRIES;
      if (!again || signal.aborted) throw error;
      await pause(waitBefore(attempt), signal);
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DOMException("Cancelled", "AbortError"));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
