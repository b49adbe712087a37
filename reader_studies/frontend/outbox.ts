/**
 * Answers on their way: each is kept in the browser until the site says that it is stored, so that neither a lost
 * connection nor a dead browser loses one. One message is under way at a time.
 */

import { type GivenAnswer, type Message, Refused, type Reply } from "./wire";

/** Milliseconds after the last change until it is sent. */
export const SETTLED = 700;
/** Milliseconds until the first new try; doubled with each. */
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 30_000;

/** What may be the fault of one answer among several. */
const ABOUT_ONE: ReadonlySet<number> = new Set([400, 413, 422]);

export type Sending = "idle" | "waiting" | "offline" | "refused";

/** The part of `Storage` that is used. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface OutboxOptions {
  /** Absent where the browser keeps nothing. */
  readonly shelf: Shelf | null;
  /** Where this window's answers to this case are kept. */
  readonly key: string;
  readonly writer: string;
  /** `isLeaving`: the page goes away, and nobody hears the answer. */
  send(message: Message, isLeaving: boolean): Promise<Reply>;
  /** Milliseconds that the reader spent on the case. */
  spent(): number;
  schedule(action: () => void, delay: number): () => void;
  onReply(reply: Reply, purpose: Required<Purpose>): void;
  onState(state: Sending, words: string): void;
}

/** Why it is sent now: the reader pressed *Save*, or is done with the case. Otherwise it is just time. */
export interface Purpose {
  readonly saves?: boolean;
  readonly done?: boolean;
}

interface Kept {
  readonly entries: Readonly<Record<string, GivenAnswer>>;
}

export class Outbox {
  private readonly options: OutboxOptions;
  private readonly pending = new Map<string, GivenAnswer>();
  private stopWaiting: (() => void) | null = null;
  private underWay: Promise<Reply | null> | null = null;
  private tries = 0;
  private refused = false;
  /** Milliseconds of the time spent that are told, or on their way. */
  private told = 0;
  private opened = false;

  constructor(options: OutboxOptions) {
    this.options = options;
  }

  get size(): number { return this.pending.size; }

  has(question: string): boolean { return this.pending.has(question); }

  /** Keeps an answer and sends it soon. */
  put(question: string, answer: GivenAnswer): void {
    this.pending.set(question, answer);
    this.keep();
    this.soon(SETTLED, "waiting", "");
  }

  /** Sends what waits now; `done` closes the case. Null: there was no answer, and it is tried again. */
  async flush({ saves = false, done = false }: Purpose = {}): Promise<Reply | null> {
    while (this.underWay) await this.underWay;
    this.stopWaiting?.();
    this.stopWaiting = null;
    this.underWay = this.deliver({ saves, done });
    try {
      return await this.underWay;
    } finally {
      this.underWay = null;
      if (this.pending.size > 0 && !this.stopWaiting && this.tries === 0 && !this.refused) this.soon(SETTLED, "waiting", "");
    }
  }

  /** Says what is to be said when the page goes away, or out of sight; nothing is waited for. */
  part(): void {
    const message = this.message({ saves: false, done: false });
    if (this.pending.size > 0 || message.spent >= 1) void this.tell(message, true).catch(() => null);
  }

  /** Time that is on its way is not told a second time, unless it does not arrive. */
  private async tell(message: Message, isLeaving = false): Promise<Reply> {
    const spent = message.spent * 1000;
    this.told += spent;
    try {
      return await this.options.send(message, isLeaving);
    } catch (error) {
      this.told -= spent;
      throw error;
    }
  }

  /** Which of them the site does not take is not told: the others go without it. */
  private async deliverOneByOne(questions: readonly string[], refusal: Refused): Promise<null> {
    for (const question of questions) await this.deliver({ saves: false, done: false }, question);
    if (this.tries === 0 && questions.some((question) => this.pending.has(question))) {
      this.refused = true;
      this.options.onState("refused", refusal.message);
    }
    return null;
  }

  /** `only`: nothing but the answer to this question. */
  private async deliver(purpose: Required<Purpose>, only?: string): Promise<Reply | null> {
    const sent = new Map([...this.pending].filter(([question]) => only === undefined || question === only));
    const message = { ...this.message(purpose), answers: Object.fromEntries(sent) };
    const matters = sent.size > 0 || purpose.saves || purpose.done;
    try {
      const reply = await this.tell(message);
      this.opened = true;
      this.tries = 0;
      this.refused = false;
      this.settle(sent, reply);
      if (matters || reply.message) this.options.onState("idle", reply.message || "Saved");
      this.options.onReply(reply, purpose);
      return reply;
    } catch (error) {
      if (error instanceof Refused) {
        this.tries = 0;
        if (sent.size > 1 && ABOUT_ONE.has(error.status)) return this.deliverOneByOne([...sent.keys()], error);
        this.refused = true;
        this.options.onState("refused", error.message);
      } else if (matters) {
        this.tries += 1;
        const delay = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (this.tries - 1));
        this.soon(delay, "offline", "No connection. Your answers are kept in this browser and sent when it is back.");
      }
      return null;
    }
  }

  /** What was stored, refused or is in conflict no longer waits, unless it changed meanwhile. */
  private settle(sent: ReadonlyMap<string, GivenAnswer>, reply: Reply): void {
    for (const [question, answer] of sent) {
      const now = this.pending.get(question);
      if (now === answer) this.pending.delete(question);
      else if (now) this.pending.set(question, { ...now, version: reply.versions[question] ?? now.version });
    }
    this.keep();
  }

  private message({ saves, done }: Required<Purpose>): Message {
    return {
      answers: Object.fromEntries(this.pending),
      writer: this.options.writer,
      spent: Math.max(0, Math.round(this.options.spent() - this.told)) / 1000,
      opened: !this.opened,
      saves,
      done,
    };
  }

  private soon(delay: number, state: Sending, words: string): void {
    this.stopWaiting?.();
    this.stopWaiting = this.options.schedule(() => {
      this.stopWaiting = null;
      void this.flush();
    }, delay);
    this.options.onState(state, words);
  }

  private keep(): void {
    const { shelf, key } = this.options;
    try {
      if (this.pending.size === 0) shelf?.removeItem(key);
      else shelf?.setItem(key, JSON.stringify({ entries: Object.fromEntries(this.pending) } satisfies Kept));
    } catch {
      // Full: the answers are still here, and sent from here.
    }
  }
}

/** What a window kept under a key; nothing where it cannot be read. */
export function keptUnder(shelf: Shelf, key: string): Readonly<Record<string, GivenAnswer>> {
  try {
    const kept = JSON.parse(shelf.getItem(key) ?? "null") as Kept | null;
    return kept?.entries ?? {};
  } catch {
    return {};
  }
}

/**
 * The answers that windows which are gone left behind, and the name to write under: that of the first of these, so that
 * the site knows the hand. `isGone` tells whether nobody writes under a name any more.
 */
export async function inherited(
  shelf: Storage | null, prefix: string, own: string, isGone: (writer: string) => Promise<boolean>,
): Promise<{ readonly writer: string; readonly entries: Readonly<Record<string, GivenAnswer>> }> {
  if (!shelf) return { writer: own, entries: {} };
  const keys = Array.from({ length: shelf.length }, (_, place) => shelf.key(place)).filter((key) => key?.startsWith(prefix));
  const gone: string[] = [];
  let writer = own;
  let entries: Record<string, GivenAnswer> = {};
  for (const key of keys as string[]) {
    const name = key.slice(prefix.length);
    if (name !== own && !(await isGone(name))) continue;
    if (name !== own && writer === own) writer = name;
    entries = { ...entries, ...keptUnder(shelf, key) };
    gone.push(key);
  }
  moveTo(shelf, `${prefix}${writer}`, { entries }, gone);
  return { writer, entries };
}

/** First kept under its new key, then taken from where it was: at no time is it nowhere. */
function moveTo(shelf: Shelf, key: string, kept: Kept, from: readonly string[]): void {
  if (from.every((each) => each === key)) return;
  try {
    shelf.setItem(key, JSON.stringify(kept));
    from.filter((each) => each !== key).forEach((each) => { shelf.removeItem(each); });
  } catch {
    // Full: everything stays where it is, and is found again there.
  }
}

const WINDOW = "hounsfield.reading.window";

/**
 * A name of this window, the same after a reload. A window made as the double of another one begins with a copy of what
 * that remembers: `claim` tells whether nobody else goes by a name, and takes it.
 */
export async function nameOfWindow(session: Shelf | null, claim: (name: string) => Promise<boolean>): Promise<string> {
  const known = session?.getItem(WINDOW);
  if (known && (await claim(known))) return known;
  const name = `w${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
  await claim(name);
  try {
    session?.setItem(WINDOW, name);
  } catch {
    // Full: a name for as long as the page lives.
  }
  return name;
}
