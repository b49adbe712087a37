/**
 * Saves as readers go. Every change is put into a buffer on disk, then sent in order; it leaves the buffer only when the
 * site has acknowledged it. A change names the revision it builds on, so a stranger's version is never overwritten: where
 * two met, both are kept until the reader has decided.
 */

import type { AnnotationApi, Sent } from "../core/annotation-api";
import { type Change, type ChangeFields, type ChangeResult, type StoredAnnotation, imageOf, sliceLots } from "../core/annotations";
import type { Buffer, Kept } from "../core/buffer";
import { Emitter } from "../core/emitter";
import { newId } from "../core/ids";
import { without } from "../core/objects";

export type SaveStatus =
  | { readonly kind: "saved" }
  | { readonly kind: "saving"; readonly count: number }
  /** The site is away; what was done waits on this computer. */
  | { readonly kind: "waiting"; readonly count: number }
  /** So many marks wait until the reader has chosen between two versions. */
  | { readonly kind: "undecided"; readonly count: number }
  /** Signed out, or no access any more. */
  | { readonly kind: "ended"; readonly count: number; readonly status: number };

/** Changes of one annotation that cannot be stored as they are. */
export interface Trouble {
  readonly annotation: string;
  readonly kind: "conflict" | "refused";
  /** What this reader made of it, all changes taken together. */
  readonly mine: ChangeFields;
  /** What stands on the site; null where it is not told. */
  readonly theirs: StoredAnnotation | null;
  /** Why, for people; empty for a conflict. */
  readonly problem: string;
}

export type Decision = "mine" | "theirs" | "both";

/** Tries to end a conflict in which nothing of either side is lost; `later`: the site did not say what is needed for that. */
export type Merger = (trouble: Trouble) => Promise<"merged" | "no" | "later">;

export interface AutosaveEvents {
  status: SaveStatus;
  /** The site holds another version than before: it was acknowledged, or somebody else changed it. */
  stored: StoredAnnotation;
  /** One of this reader's changes was acknowledged as a version. */
  saved: { readonly annotation: string; readonly version: number | null };
  trouble: Trouble;
  /** A trouble is being decided: from now on changes build on what stands after the decision. */
  deciding: { readonly trouble: Trouble; readonly decision: Decision };
  /** A trouble was decided. `copy`: the id under which mine lives on beside theirs. */
  decided: { readonly trouble: Trouble; readonly decision: Decision; readonly copy: string | null };
}

type Api = Pick<AnnotationApi, "send">;

const MOST_CHANGES = 200;
const MOST_BYTES = 8 * 2 ** 20;
/** What even the worst line is given at once. */
const LEAST_BYTES = 2 ** 16;
/** Slices of a mask, and letters of them, that the site takes in one change. */
const MOST_AT_ONCE = { slices: 512, letters: 7 * 2 ** 20 };
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
const LATER = 3000;

export class Autosave extends Emitter<AutosaveEvents> {
  private readonly api: Api;
  private readonly buffer: Buffer;
  private readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  private waiting: Kept[] = [];
  /** Done just now, and on its way to the disk. */
  private entering: readonly Change[] = [];
  private readonly troubles = new Map<string, Trouble>();
  /** The revision that the next change of an annotation builds on. */
  private readonly heads = new Map<string, string>();
  /** Writing to disk goes on in order, and sending waits for it. */
  private writing: Promise<unknown> = Promise.resolve();
  private sending = false;
  private readonly merging = new Set<string>();
  private readonly later = new Map<string, Trouble>();
  private merger: Merger = () => Promise.resolve("no");
  /** Orders of changes that are not on disk: below zero. */
  private unwritten = 0;
  private pause = FIRST_PAUSE;
  /** Bytes that are sent at once now: halved where they did not arrive (on a slow line they never would), then slowly more again. */
  private bytes = MOST_BYTES;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private away = false;
  private ended: number | null = null;

  /** `exclusively`: so that of several windows of one reader only one sends at a time. */
  constructor(options: { api: Api; buffer: Buffer; exclusively?: <T>(work: () => Promise<T>) => Promise<T> }) {
    super();
    this.api = options.api;
    this.buffer = options.buffer;
    this.exclusively = options.exclusively ?? ((work) => work());
  }

  get status(): SaveStatus {
    const count = this.waiting.length + this.entering.length;
    if (this.ended !== null && count > 0) return { kind: "ended", count, status: this.ended };
    if (this.conflicts.length > 0) return { kind: "undecided", count: this.conflicts.length };
    if (count === 0) return { kind: "saved" };
    return this.away ? { kind: "waiting", count } : { kind: "saving", count };
  }

  /** What the reader has to decide. */
  get conflicts(): readonly Trouble[] { return [...this.troubles.values()].filter(({ annotation }) => !this.merging.has(annotation)); }
  /** Whether the site knows, or will know, of an annotation. */
  knows(annotation: string): boolean { return this.heads.has(annotation); }
  /** Changes that would be lost if the window were closed now. */
  get atRisk(): number { return this.entering.length + this.waiting.filter(({ lasting }) => !lasting).length; }
  isWaiting(annotation: string): boolean {
    const own = (change: Change): boolean => change.annotation === annotation;
    return this.entering.some(own) || this.waiting.some(({ change }) => own(change));
  }

  /** Asked before the reader is: tells whether it has decided a conflict in which nothing of either side is lost. */
  mergeWith(merger: Merger): void {
    this.merger = merger;
  }

  /** Changes of an earlier visit that never arrived, oldest first. They are sent from now on. */
  async restore(): Promise<readonly Change[]> {
    // A disk that cannot be read is not to hide what the site has.
    const kept = await this.buffer.all().catch(() => []);
    // Something may have been drawn before the disk answered.
    const here = new Set([...this.waiting.map(({ change }) => change.id), ...this.entering.map(({ id }) => id)]);
    this.waiting = [...kept.filter(({ change }) => !here.has(change.id)), ...this.waiting];
    for (const { change } of kept) if (!here.has(change.id)) this.heads.set(change.annotation, change.id);
    this.tell();
    this.soon(0);
    return kept.map(({ change }) => change);
  }

  /** Versions that the site told of: what is drawn from now on builds on them. */
  know(stored: readonly StoredAnnotation[]): void {
    for (const { pk, revision } of stored) if (!this.isWaiting(pk)) this.heads.set(pk, revision);
  }

  /** One change; resolves when it is on disk. */
  push(annotation: string, fields: ChangeFields): Promise<void> {
    const change: Change = {
      ...fields,
      id: newId(),
      annotation,
      base: this.heads.get(annotation) ?? null,
      made_at: new Date().toISOString(),
    };
    this.heads.set(annotation, change.id);
    return this.write([change]);
  }

  /** The network or the reader is back: no pause is waited for. */
  wake(): void {
    this.pause = FIRST_PAUSE;
    this.mergeLater();
    if (this.ended === null) this.soon(0);
  }

  /** Ends a conflict or a refusal the way the reader wants. */
  async decide(annotation: string, decision: Decision): Promise<void> {
    const trouble = this.troubles.get(annotation);
    if (!trouble) return;
    this.emit("deciding", { trouble, decision });
    const { theirs } = trouble;
    // What was done a moment ago counts, too.
    await this.writing;
    if (this.troubles.get(annotation) !== trouble) return; // decided already: a second click
    const mine = this.fieldsWaiting(annotation);
    const dropped = this.waiting.filter(({ change }) => change.annotation === annotation);
    const orders = dropped.map(({ order }) => order);
    this.troubles.delete(annotation);
    if (theirs) this.heads.set(annotation, theirs.revision);
    else this.heads.delete(annotation);
    const copy = decision === "both" ? newId() : null;
    const changes = this.decidedChanges(annotation, decision, mine, theirs, copy);
    this.waiting = this.waiting.filter(({ order }) => !orders.includes(order));
    if (changes.length > 0) await this.write(changes, orders);
    else await this.forget(orders);
    this.emit("decided", { trouble, decision, copy });
    this.tell();
  }

  private decidedChanges(annotation: string, decision: Decision, mine: ChangeFields, theirs: StoredAnnotation | null, copy: string | null): Change[] {
    const now = { id: newId(), made_at: new Date().toISOString() };
    if (decision === "theirs") return [];
    if (decision === "mine") {
      const fields = without(mine, "image", "kind", "tool");
      // An annotation that is deleted there is brought back.
      const back = theirs?.deleted === true && mine.deleted !== true ? { deleted: false } : {};
      return this.inParts({ ...(theirs ? fields : mine), ...back, ...now, annotation, base: theirs?.revision ?? null });
    }
    if (copy === null) return [];
    const start = theirs ? { image: imageOf(theirs), kind: theirs.kind, tool: theirs.tool, value: theirs.value, label: theirs.label, color: theirs.color, frame: theirs.frame } : {};
    return this.inParts({ ...start, ...without(mine, "deleted"), ...now, annotation: copy, base: null });
  }

  /** Many slices of a mask are several changes, each on top of the one before. */
  private inParts(change: Change): Change[] {
    const [first = [], ...rest] = sliceLots(change.slices ?? [], MOST_AT_ONCE);
    const parts = [first.length > 0 ? { ...change, slices: first } : change];
    for (const slices of rest) {
      const { annotation, made_at } = change;
      parts.push({ id: newId(), annotation, base: (parts.at(-1) as Change).id, made_at, slices });
    }
    this.heads.set(change.annotation, (parts.at(-1) as Change).id);
    return parts;
  }

  private write(changes: readonly Change[], replaced: readonly number[] = []): Promise<void> {
    // Known at once, so that what builds on it finds it; the disk follows in order.
    this.entering = [...this.entering, ...changes];
    const work = this.writing.then(async () => {
      const kept = await this.buffer.add(changes, replaced).catch(() => this.onlyInMemory(changes));
      this.entering = this.entering.filter((change) => !changes.includes(change));
      this.waiting.push(...kept);
      this.tell();
      this.soon(0);
    });
    this.writing = work;
    return work;
  }

  /** The disk is full, or closed to us: sent all the same. */
  private onlyInMemory(changes: readonly Change[]): readonly Kept[] {
    return changes.map((change) => ({ order: (this.unwritten -= 1), change, lasting: false }));
  }

  private soon(pause: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { void this.flush(); }, pause);
  }

  private async flush(): Promise<void> {
    if (this.sending || this.ended !== null) return;
    this.sending = true;
    try {
      for (let batch = this.batch(); batch.length > 0; batch = this.batch()) {
        const now = batch;
        const sent = await this.exclusively(() => this.api.send(now.map(({ change }) => change)));
        if (!(await this.take(now, sent))) break;
      }
    } finally {
      this.sending = false;
      this.tell();
    }
  }

  /** The next changes that may be sent: none of an annotation about which the reader must decide. */
  private batch(): readonly Kept[] {
    const free = this.waiting.filter(({ change }) => !this.troubles.has(change.annotation)).slice(0, MOST_CHANGES);
    let bytes = 0;
    const fits = free.findIndex(({ change }) => (bytes += JSON.stringify(change).length) > this.bytes);
    return fits < 0 ? free : free.slice(0, Math.max(1, fits));
  }

  /** False when sending has to wait. */
  private async take(batch: readonly Kept[], sent: Sent): Promise<boolean> {
    this.away = sent.kind === "away";
    if (sent.kind === "away") {
      this.soon(this.pause);
      this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
      this.bytes = Math.max(LEAST_BYTES, this.bytes / 2);
      return false;
    }
    if (sent.kind === "ended") {
      this.ended = sent.status;
      return false;
    }
    this.pause = FIRST_PAUSE;
    this.bytes = Math.min(MOST_BYTES, this.bytes + LEAST_BYTES);
    if (sent.kind === "refused") {
      // Which of them it was is not told: one by one.
      const [only] = batch;
      if (batch.length > 1) return this.sendOneByOne(batch);
      if (only) this.hold(only.change, null, "refused", sent.detail);
      return true;
    }
    await this.settle(batch, sent.results);
    return true;
  }

  private async sendOneByOne(batch: readonly Kept[]): Promise<boolean> {
    for (const one of batch) {
      if (this.troubles.has(one.change.annotation)) continue;
      if (!(await this.take([one], await this.exclusively(() => this.api.send([one.change]))))) return false;
    }
    return true;
  }

  private async settle(batch: readonly Kept[], results: readonly ChangeResult[]): Promise<void> {
    const byId = new Map(results.map((result) => [result.id, result]));
    const answered = batch.flatMap(({ order, change }) => {
      const result = byId.get(change.id);
      return result ? [{ order, change, result }] : [];
    });
    const stored = answered.filter(({ result: { status } }) => status === "saved" || status === "repeated");
    const done = stored.map(({ order }) => order);
    this.waiting = this.waiting.filter(({ order }) => !done.includes(order));
    for (const { change, result } of stored) {
      this.emit("saved", { annotation: change.annotation, version: result.version });
      if (result.current && !this.laterThan(change)) this.emit("stored", result.current);
    }
    for (const { change, result } of answered) {
      if (stored.some(({ result: { id } }) => id === result.id) || this.troubles.has(change.annotation)) continue;
      const kind = result.status === "refused" ? "refused" : "conflict";
      this.hold(change, result.current, kind, result.problem?.detail ?? result.problem?.title ?? "");
    }
    await this.forget(done);
    this.tell();
  }

  /** What stays on a broken disk is sent once more on the next visit, and is only a repetition then. */
  private forget(orders: readonly number[]): Promise<void> {
    return this.buffer.remove(orders).catch(() => undefined);
  }

  /** Whether something else was done to the annotation since. */
  private laterThan(change: Change): boolean {
    return this.heads.get(change.annotation) !== change.id;
  }

  private hold(change: Change, theirs: StoredAnnotation | null, kind: Trouble["kind"], problem: string): void {
    const trouble: Trouble = { annotation: change.annotation, kind, mine: this.fieldsWaiting(change.annotation), theirs, problem };
    this.troubles.set(change.annotation, trouble);
    if (kind === "refused") this.emit("trouble", trouble);
    else void this.tryMerge(trouble);
  }

  private async tryMerge(trouble: Trouble): Promise<void> {
    const { annotation } = trouble;
    this.merging.add(annotation);
    const outcome = await this.merger(trouble).catch(() => "no" as const);
    if (outcome === "later") {
      this.later.set(annotation, trouble);
      setTimeout(() => { this.mergeLater(); }, LATER);
      return;
    }
    this.merging.delete(annotation);
    if (outcome === "no" && this.troubles.has(annotation)) this.emit("trouble", trouble);
    this.tell();
  }

  /** The site may be there again. */
  private mergeLater(): void {
    const list = [...this.later.values()];
    this.later.clear();
    list.forEach((trouble) => { void this.tryMerge(trouble); });
  }

  /** Everything of an annotation that waits, taken together; what was drawn after a conflict counts, too. */
  fieldsWaiting(annotation: string): ChangeFields {
    const own = this.waiting.filter(({ change }) => change.annotation === annotation).map(({ change }) => fieldsOf(change));
    return own.reduce<ChangeFields>((all, fields) => ({ ...all, ...fields, ...mergedSlices(all, fields) }), {});
  }

  private tell(): void {
    this.emit("status", this.status);
  }
}

function fieldsOf(change: Change): ChangeFields {
  return without(change, "id", "annotation", "base", "made_at");
}

/** Of a mask the last of each slice. */
function mergedSlices(all: ChangeFields, { slices }: ChangeFields): Pick<ChangeFields, "slices"> | Record<string, never> {
  if (!slices || !all.slices) return {};
  const byIndex = new Map([...all.slices, ...slices].map((slice) => [slice.index, slice]));
  return { slices: [...byIndex.values()] };
}
