/** What a closed connection means, in words for people. */

export type CloseAction =
  /** Reconnect with growing pauses. */
  | "retry"
  /** Reconnect after a fixed pause. */
  | "wait"
  /** Ask the site for another address at once: nothing is wrong with the server. */
  | "move"
  /** Only the reader can go on, by the offered way. */
  | "stop";

export interface CloseMeaning {
  readonly action: CloseAction;
  readonly title: string;
  readonly text: string;
  /** Label of a button that loads the page again; absent where that would not help. */
  readonly reload?: string;
}

const NETWORK: CloseMeaning = {
  action: "retry",
  title: "Connecting again",
  text: "The connection to the server was lost. Trying again by itself.",
};

const MEANINGS: Readonly<Record<number, CloseMeaning>> = {
  4400: {
    action: "stop",
    title: "Please reload this page",
    text: "The viewer and the server do not understand each other, most likely because the site was just updated.",
    reload: "Reload",
  },
  4401: {
    action: "stop",
    title: "You are signed out",
    text: "Sign in again to go on reading.",
    reload: "Sign in",
  },
  4404: {
    action: "stop",
    title: "There is nothing to show here",
    text: "This image does not exist, or you may not see it. If somebody shared it with you, ask them to check your access.",
  },
  4408: {
    action: "stop",
    title: "This viewing session has ended",
    text: "It was stopped, ran out of time, or your access changed.",
    reload: "Open it again",
  },
  4410: {
    action: "move",
    title: "Connecting again",
    text: "The image is served from another place now.",
  },
  4429: {
    action: "wait",
    title: "One moment",
    text: "The viewer asked for too much at once and pauses for a few seconds.",
  },
  4503: {
    action: "stop",
    title: "This image could not be prepared for viewing",
    text: "Its slices could not be made. The original file is unharmed.",
    reload: "Try again",
  },
};

/** Codes of the network, of a server that restarts, and of an error on its side that may pass. */
const RETRIED = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);

export function closeMeaning(code: number): CloseMeaning {
  const known = MEANINGS[code];
  if (known) return known;
  if (RETRIED.has(code)) return NETWORK;
  return {
    action: "stop",
    title: "The connection was closed",
    text: `The server closed the connection (code ${code}).`,
    reload: "Reload",
  };
}

/** The first attempt follows almost at once: most breaks are short, and nobody is to notice them. */
const FIRST_PAUSE = 300;
const SECOND_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
export const FLOOD_PAUSE = 5000;

/** Milliseconds before attempt `attempt` (0 is the first): 0.3, 1, 2, 4 … 30 s, spread so that readers do not return all at once. */
export function retryPause(attempt: number, random: number): number {
  const pause = attempt === 0 ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, SECOND_PAUSE * 2 ** (attempt - 1));
  return pause * (0.5 + 0.5 * random);
}
