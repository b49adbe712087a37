/** What the panel sends and is answered (`reader_studies/views/reading.py`). */

import { patienceFor } from "../../viewer/frontend/src/core/patience";

export interface GivenAnswer {
  readonly value: unknown;
  /** The reader looked, and there is nothing to answer. */
  readonly confirmed: boolean;
  /** The version that the reader saw; 0: none. */
  readonly version: number;
  /** Seconds that it took. */
  readonly duration: number;
  readonly explanation?: string;
}

export interface Message {
  readonly answers: Readonly<Record<string, GivenAnswer>>;
  readonly writer: string;
  /** Seconds spent since the last message. */
  readonly spent: number;
  readonly opened: boolean;
  /** The reader pressed *Save*: what is only kept while one draws becomes final. */
  readonly saves: boolean;
  readonly done: boolean;
}

export interface OtherAnswer {
  readonly value: unknown;
  readonly confirmed: boolean;
  /** In words. */
  readonly text: string;
  readonly version: number;
}

export interface Reply {
  readonly versions: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, string>>;
  /** What was answered in another window meanwhile: nothing of these was stored. */
  readonly conflicts: Readonly<Record<string, OtherAnswer>>;
  readonly message: string;
  readonly progress?: { readonly done: number; readonly total: number; readonly text: string };
  /** Where to go on, once everything was taken and the reader is done. */
  readonly next?: string;
}

/** The site answered, and will not take this however often it is sent. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const WORDS: Readonly<Record<number, string>> = {
  401: "You are signed out. Sign in in another window, then reload this page; your answers are kept in this browser.",
  403: "You are signed out. Sign in in another window, then reload this page; your answers are kept in this browser.",
  404: "You have no access to this case any more. Your answers are kept in this browser.",
  413: "This answer is too large to be stored. Draw less, or with fewer points.",
};

export interface Posting {
  /** The page goes away: the browser sends it all the same. */
  readonly isLeaving?: boolean;
  /** Milliseconds after which the line counts as dead. */
  readonly patience?: number;
}

/** Sends one message; throws `Refused`, or whatever `fetch` throws without a connection. */
export async function post(address: string, message: Message, csrfToken: string, { isLeaving = false, patience }: Posting = {}): Promise<Reply> {
  const body = JSON.stringify(message);
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken, Accept: "application/json" },
    body,
    keepalive: isLeaving,
    redirect: "manual",
    signal: AbortSignal.timeout(patience ?? patienceFor(body.length)),
  });
  if (response.ok) return (await response.json()) as Reply;
  if (response.status >= 500 || response.status === 429) throw new Error(`The site answered ${response.status}.`);
  // Where a sign-in page would follow, there is a redirect: status 0 for scripts.
  const status = response.type === "opaqueredirect" ? 401 : response.status;
  throw new Refused(status, WORDS[status] ?? "The site did not take this. Reload the page and try again.");
}
