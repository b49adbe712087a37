/** Joins what is drawn with what the site keeps: loads, saves, and hears of what others do. */

import type { AnnotationApi } from "../core/annotation-api";
import { type Change, type ChangeFields, type DisplaySet, type Frame, type StoredAnnotation, imageOf } from "../core/annotations";
import type { Buffer } from "../core/buffer";
import { sameJson } from "../core/objects";
import { toolFor } from "../tools/registry";
import { type GeometryValue, isGeometryType, kindOf } from "../tools/values";
import type { Annotation, Annotations, Edit } from "./annotations";
import { COLORS } from "./annotations";
import type { Autosave, Decision, Trouble } from "./autosave";
import type { Draft, Drawing } from "./drawing";
import { isMask } from "./mask-rows";
import type { MaskSync } from "./mask-sync";

const AGAIN_AFTER = 3000;
/** Pause before news are read, so that many at once are read once (ms). */
const GATHER = 150;

export class AnnotationSync {
  private readonly annotations: Annotations;
  private readonly autosave: Autosave;
  private readonly api: AnnotationApi;
  private readonly set: DisplaySet;
  private readonly masks: MaskSync | null;
  private news = new Set<string>();
  /** Annotations that were changed on this page. */
  private readonly touched = new Set<string>();
  private newsTimer: ReturnType<typeof setTimeout> | undefined;
  /** What is read from the site is read one after the other: nothing old comes after something new. */
  private reading: Promise<void> = Promise.resolve();
  /** Acknowledged since the last reading of the whole list began, which may not hold it yet. */
  private acknowledged = new Set<string>();
  /** The newest version of each that the site told of: an answer may be on its way while another overtakes it. */
  private readonly newest = new Map<string, number>();
  private hasRead = false;
  /** What was heard of marks that were in the reader's hand. */
  private readonly afterwards = new Set<string>();

  constructor(options: {
    annotations: Annotations;
    drawing: Drawing;
    autosave: Autosave;
    api: AnnotationApi;
    buffer: Buffer;
    set: DisplaySet;
    masks?: MaskSync;
  }) {
    const { annotations, autosave, buffer, drawing } = options;
    this.annotations = annotations;
    this.autosave = autosave;
    this.api = options.api;
    this.set = options.set;
    this.masks = options.masks ?? null;
    annotations.me = options.set.reader;
    annotations.on("edited", (edit) => { this.save(edit); });
    annotations.on("change", () => { this.catchUp(); });
    autosave.on("saved", ({ annotation, version }) => {
      this.acknowledged.add(annotation);
      if (version !== null) this.see(annotation, version);
      annotations.mark(annotation, { saving: autosave.isWaiting(annotation) ? "waiting" : "saved", ...(version === null ? {} : { version }) });
    });
    autosave.on("stored", (stored) => { this.take(stored); });
    autosave.on("trouble", ({ annotation }) => { annotations.mark(annotation, { saving: "conflict" }); });
    autosave.on("decided", ({ trouble, decision, copy }) => { this.decided(trouble, decision, copy); });
    drawing.on("kept", (draft) => { void buffer.keepDraft(draft); });
    void buffer.draft().then((draft) => { if (isDraft(draft)) drawing.restore(draft); });
  }

  /**
   * What the site holds, with what is not sent yet on top. Until the site answers, only the latter.
   * `news`: when they are told; what is read from then on needs no second reading.
   */
  async open(news: Promise<unknown> = Promise.resolve()): Promise<void> {
    const changes = await this.autosave.restore();
    this.annotations.load(this.withChanges([], changes));
    this.masks?.restored(changes);
    await news;
    await this.reload(changes);
  }

  /** News are told from now on. What happened before they were is read. */
  listening(): void {
    if (this.hasRead) void this.reload();
  }

  /** Reads everything anew: after a lost connection, news may have been missed. */
  reload(changes: readonly Change[] = []): Promise<void> {
    this.hasRead = true;
    return this.inTurn(() => this.readAll(changes));
  }

  private async readAll(changes: readonly Change[]): Promise<void> {
    this.acknowledged = new Set();
    const stored = await this.api.list();
    if (!stored) {
      setTimeout(() => { void this.reload(changes); }, AGAIN_AFTER);
      return;
    }
    const newer = this.acknowledged;
    for (const { pk, version } of stored) if (!this.see(pk, version) || this.annotations.isHeld(pk)) newer.add(pk);
    const rows = stored.filter(({ pk }) => !newer.has(pk));
    this.autosave.know(rows.filter((row) => !isMask(row)));
    this.masks?.load(stored);
    const here = new Map(this.annotations.settled.map((each) => [each.id, each]));
    const after = this.withChanges(rows.flatMap((row) => this.annotationOf(row) ?? []), changes).flatMap((each) => {
      if (!this.autosave.isWaiting(each.id)) return newer.has(each.id) ? [] : [each];
      const own = here.get(each.id);
      // What was done here since then counts, also that it was deleted.
      if (own) return [own];
      return changes.length === 0 || this.touched.has(each.id) ? [] : [each];
    });
    const listed = new Set(after.map(({ id }) => id));
    const own = [...here.values()].filter(
      ({ id, question }) => question === null && !listed.has(id) && (this.autosave.isWaiting(id) || newer.has(id)),
    );
    this.annotations.load([...after, ...own]);
    this.hear([...newer, ...(this.masks?.missingFrom(stored) ?? [])]);
  }

  /** False for what is older than what is known. */
  private see(annotation: string, version: number): boolean {
    const known = this.newest.get(annotation) ?? 0;
    if (version > known) this.newest.set(annotation, version);
    return version >= known;
  }

  private inTurn(read: () => Promise<void>): Promise<void> {
    this.reading = this.reading.then(read, read);
    return this.reading;
  }

  /** Annotations that may be different now. */
  hear(pks: readonly string[]): void {
    if (pks.length === 0) return;
    pks.forEach((pk) => this.news.add(pk));
    clearTimeout(this.newsTimer);
    this.newsTimer = setTimeout(() => { void this.inTurn(() => this.readNews()); }, GATHER);
  }

  private async readNews(): Promise<void> {
    const pks = [...this.news];
    this.news = new Set();
    for (const pk of pks) {
      const stored = await this.api.one(pk);
      if (stored) this.take(stored);
      else if (!this.autosave.isWaiting(pk)) await this.vanished(pk);
    }
  }

  /** Not readable: gone for this reader, unless the site is away just now. */
  private async vanished(pk: string): Promise<void> {
    const list = await this.api.list();
    if (list && !list.some((each) => each.pk === pk)) {
      this.annotations.receive(pk, null);
      this.masks?.vanished(pk);
    }
  }

  /** What waits here is not touched: whether it still fits, the site says when it is sent. */
  take(stored: StoredAnnotation): void {
    if (!this.see(stored.pk, stored.version)) return;
    if (isMask(stored)) {
      this.masks?.take(stored);
      return;
    }
    if (this.autosave.isWaiting(stored.pk)) return;
    if (this.annotations.isHeld(stored.pk)) {
      this.afterwards.add(stored.pk);
      return;
    }
    this.autosave.know([stored]);
    this.annotations.receive(stored.pk, stored.deleted ? null : this.annotationOf(stored));
  }

  /** A mark was let go: what was heard of it meanwhile counts now, or meets what the reader made of it. */
  private catchUp(): void {
    if (this.afterwards.size === 0 || this.annotations.dragging) return;
    this.hear([...this.afterwards]);
    this.afterwards.clear();
  }

  private save({ id, before, after }: Edit): void {
    const fields = changedFields(before, after, this.autosave.knows(id));
    if (!fields) return;
    this.touched.add(id);
    void this.autosave.push(id, fields);
  }

  private decided({ annotation, theirs }: Trouble, decision: Decision, copy: string | null): void {
    const mine = this.annotations.get(annotation);
    if (decision === "mine") {
      this.annotations.mark(annotation, { saving: "waiting" });
      return;
    }
    if (copy !== null && mine) this.annotations.receive(copy, { ...mine, id: copy, author: this.set.reader, mine: true, version: 0, saving: "waiting" });
    this.annotations.receive(annotation, theirs && !theirs.deleted ? this.annotationOf(theirs) : null);
    // What was told of it while the question was open was not taken.
    this.hear([annotation]);
  }

  /** Null for masks, and for values that no tool here can show. */
  private annotationOf(row: StoredAnnotation): Annotation | null {
    const { reader, others } = this.set;
    const value = row.value as GeometryValue;
    if (row.kind === "SEG" || !isGeometryType((value as { type?: unknown } | null)?.type)) return null;
    const tool = toolFor(value, row.tool);
    if (!tool) return null;
    const mine = row.author === reader;
    return {
      id: row.pk,
      tool,
      image: imageOf(row),
      frame: row.frame,
      value,
      label: row.label,
      color: /^#[0-9a-f]{6}$/i.test(row.color) ? row.color : COLORS[mine ? 0 : 1],
      question: null,
      author: row.author,
      mine,
      editable: mine || others === "edit",
      version: row.version,
      saving: "saved",
    };
  }

  /** A list after changes that the site does not know yet. */
  private withChanges(list: readonly Annotation[], changes: readonly Change[]): readonly Annotation[] {
    const after = new Map(list.map((each) => [each.id, each]));
    const gone = new Map<string, Annotation>();
    for (const change of changes) {
      const now = after.get(change.annotation) ?? gone.get(change.annotation) ?? this.fromChange(change);
      if (!now) continue;
      const next: Annotation = { ...now, ...shownFields(change), saving: now.saving === "conflict" ? "conflict" : "waiting" };
      if (change.deleted === true) {
        after.delete(next.id);
        gone.set(next.id, next);
      } else {
        after.set(next.id, next);
      }
    }
    return [...after.values()];
  }

  private fromChange(change: Change): Annotation | null {
    if (change.base !== null || change.kind === "SEG") return null;
    return this.annotationOf({
      pk: change.annotation,
      image: change.image ?? "",
      author: this.set.reader,
      kind: change.kind ?? "",
      tool: change.tool ?? "",
      version: 0,
      revision: change.id,
      changed_by: this.set.reader,
      deleted: false,
      value: change.value,
      label: change.label ?? "",
      color: change.color ?? "",
      frame: change.frame ?? null,
    });
  }
}

/** What is sent of an edit; null when there is nothing to say. */
export function changedFields(before: Annotation | null, after: Annotation | null, known: boolean): ChangeFields | null {
  if ((before ?? after)?.question !== null) return null;
  if (!after) return { deleted: true };
  const { value, label, color, frame } = after;
  if (!known) return { image: after.image, kind: kindOf(value), tool: after.tool, value, label, color, frame };
  if (!before) return { deleted: false, value, label, color };
  return {
    ...(sameJson(before.value, value) ? {} : { value }),
    ...(before.label === label ? {} : { label }),
    ...(before.color === color ? {} : { color }),
  };
}

function shownFields({ value, label, color, frame }: Change): Partial<Annotation> {
  return {
    ...(isGeometryType((value as { type?: unknown } | undefined)?.type) ? { value: value as GeometryValue } : {}),
    ...(label === undefined ? {} : { label }),
    ...(color ? { color } : {}),
    ...(frame === undefined ? {} : { frame: frame satisfies Frame | null }),
  };
}

function isDraft(draft: unknown): draft is Draft {
  const { tool, places, image } = (draft ?? {}) as Partial<Draft>;
  return typeof tool === "string" && Array.isArray(places) && places.length > 0 && typeof image === "string";
}
