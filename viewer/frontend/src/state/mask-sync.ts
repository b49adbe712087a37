/**
 * Joins masks with what the site keeps. Each stroke sends the slices that it changed; slices that others changed are
 * fetched. Where two changed the same mask but other slices of it, both changes stand; where they met in a slice, the
 * reader decides as with any annotation.
 */

import { type Change, type ChangeFields, type DisplaySet, type SliceChange, type StoredAnnotation, imageOf } from "../core/annotations";
import type { Layer } from "../core/layer";
import type { MaskApi, StoredMask } from "../core/mask-api";
import { LabelMap, type Labels } from "../core/masks/label-map";
import { BadSlice, unpackSlice } from "../core/masks/slice-codec";
import type { Autosave, Decision, Trouble } from "./autosave";
import { type MaskValue, aboutOf, isMask, segmentsOf } from "./mask-rows";
import { MaskSender } from "./mask-sender";
import { type Mask, type Masks, newSegment } from "./masks";

/** Milliseconds before a site that did not answer is asked again. */
const AGAIN_AFTER = 3000;
/** Slices that are inflated between two looks at the screen. */
const AT_ONCE = 16;
const NOT_GIVEN = "The site does not give its voxels to you.";

/** Slices that both sides of a conflict changed, or one of them; of theirs null where nobody can say. */
export interface Meeting {
  readonly mine: readonly number[];
  readonly theirs: readonly number[] | null;
}

export class MaskSync {
  private readonly masks: Masks;
  private readonly autosave: Autosave;
  private readonly api: MaskApi;
  private readonly set: DisplaySet;
  private readonly images: () => readonly Layer[];
  private readonly sender: MaskSender;
  /** Version of the site that the slices held here are those of. */
  private readonly versions = new Map<string, number>();
  /** What waits of an earlier visit builds on versions whose slices nobody remembers: nothing is merged with it. */
  private readonly uncertain = new Set<string>();
  private readonly merging = new Set<Mask>();
  private readonly met = new Map<string, readonly number[]>();
  /** What was heard of masks while they were busy. */
  private readonly late = new Map<string, StoredAnnotation>();
  private rows: readonly StoredAnnotation[] = [];
  /** Of an earlier visit, not acknowledged yet. */
  private unsent: readonly Change[] = [];

  constructor(options: { masks: Masks; autosave: Autosave; api: MaskApi; set: DisplaySet; images: () => readonly Layer[] }) {
    const { masks, autosave } = options;
    this.masks = masks;
    this.autosave = autosave;
    this.api = options.api;
    this.set = options.set;
    this.images = options.images;
    this.sender = new MaskSender(masks, autosave);
    masks.me = options.set.reader;
    masks.on("ended", (mask) => { this.settle(mask); });
    autosave.mergeWith((trouble) => this.merge(trouble));
    autosave.on("saved", ({ annotation, version }) => { this.saved(annotation, version); });
    autosave.on("trouble", ({ annotation }) => { this.mark(annotation, "conflict"); });
    autosave.on("deciding", ({ trouble, decision }) => { this.deciding(trouble, decision); });
    autosave.on("decided", ({ trouble, decision, copy }) => { void this.decided(trouble, decision, copy); });
  }

  /** What waits in the buffer from before. */
  restored(changes: readonly Change[]): void {
    this.unsent = changes;
    this.build();
  }

  /** All that the site knows. */
  load(rows: readonly StoredAnnotation[]): void {
    this.rows = rows.filter(isMask);
    this.build();
  }

  /** The images are known now: masks can be put on them. */
  described(): void {
    this.build();
  }

  /** One mask as it is on the site now. */
  take(row: StoredAnnotation): void {
    // Its image may not be described yet: then it is put there by what is known of it when it is.
    this.rows = [...this.rows.filter(({ pk }) => pk !== row.pk), row];
    const mask = this.masks.get(row.pk);
    if (!mask) {
      if (!row.deleted) this.bring(row);
      return;
    }
    if (mask.unreadable) {
      this.masks.receiveDeleted(mask, row.deleted);
      if (!row.deleted) this.fetchFirst(mask, row);
      return;
    }
    if (mask.loading) this.late.set(row.pk, row);
    if (mask.loading || this.isWaitingFor(mask)) return;
    const held = this.versions.get(row.pk) ?? 0;
    // Its slices may have come first; its name, and whether it is gone, come with the row alone.
    if (row.version === held) this.receiveAbout(mask, row);
    else if (row.version > held) void this.refresh(mask, row);
  }

  /** Masks that the site had and that its list has no more: deleted while nobody told. */
  missingFrom(rows: readonly StoredAnnotation[]): readonly string[] {
    const listed = new Set(rows.map(({ pk }) => pk));
    return this.masks.all.filter((mask) => this.versions.has(mask.id) && !listed.has(mask.id)).map(({ id }) => id);
  }

  /** Not to be read any more. */
  vanished(pk: string): void {
    this.rows = this.rows.filter((row) => row.pk !== pk);
    const mask = this.masks.get(pk);
    if (mask && !this.isWaitingFor(mask)) this.masks.receiveDeleted(mask, true);
  }

  /** A mask can be worked on again: what was heard of it meanwhile counts now. */
  private ready(mask: Mask): void {
    mask.loading = false;
    this.masks.emit("change", null);
    const row = this.late.get(mask.id);
    this.late.delete(mask.id);
    if (row) this.take(row);
  }

  /** What each side of a conflict changed, for people; null where it is not about a mask. */
  meeting({ annotation }: Pick<Trouble, "annotation">): Meeting | null {
    if (!this.masks.get(annotation)) return null;
    const mine = [...indicesOf(this.autosave.fieldsWaiting(annotation))].sort((a, b) => a - b);
    return { mine, theirs: this.met.get(annotation) ?? null };
  }

  /** Something of this reader is not acknowledged. */
  private isWaitingFor(mask: Mask): boolean {
    return this.sender.isWaiting(mask) || this.autosave.isWaiting(mask.id);
  }

  private build(): void {
    if (this.images().length === 0) return;
    for (const row of this.rows) {
      if (this.masks.get(row.pk)) this.take(row);
      else if (!row.deleted) this.bring(row);
    }
    const known = new Set(this.rows.map(({ pk }) => pk));
    const made = this.unsent.filter((change) => change.kind === "SEG" && change.base === null);
    for (const change of made) {
      if (!known.has(change.annotation) && !this.masks.get(change.annotation)) this.bringUnsent(change);
    }
  }

  private imageNamed(id: string): Layer | undefined {
    return this.images().find(({ meta }) => meta.image === id);
  }

  /** A mask of the site: at once in the list, and to be painted on when its slices are there. */
  private bring(row: StoredAnnotation): void {
    const image = this.imageNamed(imageOf(row));
    if (!image) return;
    const value = row.value as MaskValue;
    const map = new LabelMap(image.meta.size, value.bits === 16 ? "uint16" : "uint8");
    const mask = this.masks.add(image, aboutOf(row, this.set), { segments: segmentsOf(value), map });
    this.sender.know(mask);
    this.fetchFirst(mask, row);
  }

  private fetchFirst(mask: Mask, row: StoredAnnotation): void {
    mask.unreadable = false;
    mask.loading = true;
    void this.fetchAll(mask, row);
  }

  private async fetchAll(mask: Mask, row: StoredAnnotation): Promise<void> {
    const stored = await this.api.read(mask.id);
    if (!stored) {
      setTimeout(() => { void this.fetchAll(mask, row); }, AGAIN_AFTER);
      return;
    }
    if (stored === "refused") {
      this.giveUp(mask, NOT_GIVEN);
      return;
    }
    try {
      await this.receive(mask, stored.slices);
      await this.putUnsent(mask);
    } catch (error) {
      if (!(error instanceof BadSlice)) throw error;
      this.giveUp(mask, error.message);
      return;
    }
    this.versions.set(mask.id, stored.version);
    this.autosave.know([{ ...row, revision: stored.revision }]);
    this.ready(mask);
  }

  /** Asking again would not help: it stays as it is until there is news of it, and nothing is painted on half of it. */
  private giveUp(mask: Mask, why: string): void {
    mask.unreadable = true;
    this.masks.emit("notice", `“${mask.name}” cannot be shown: ${why} Reload the page to try again.`);
    mask.loading = false;
    this.masks.emit("change", null);
    if (this.late.get(mask.id)?.deleted) this.masks.receiveDeleted(mask, true);
    this.late.delete(mask.id);
  }

  /** A mask that the site does not know yet. */
  private bringUnsent(change: Change): void {
    const image = this.imageNamed(imageOf({ image: change.image ?? "" }));
    if (!image) return;
    const value = (change.value ?? {}) as MaskValue;
    const map = new LabelMap(image.meta.size, value.bits === 16 ? "uint16" : "uint8");
    const row = { pk: change.annotation, author: this.set.reader, label: change.label ?? "", frame: change.frame ?? null };
    const segments = segmentsOf(value);
    const mask = this.masks.add(image, aboutOf(row, this.set), { segments: segments.length > 0 ? segments : [newSegment([])], map });
    mask.loading = true;
    this.sender.know(mask);
    void this.putUnsent(mask).then(() => { this.ready(mask); });
  }

  /** What was done to a mask at an earlier visit and is not acknowledged yet, on top of what the site knows. */
  private async putUnsent(mask: Mask): Promise<void> {
    const own = this.unsent.filter((change) => change.annotation === mask.id);
    this.unsent = this.unsent.filter((change) => change.annotation !== mask.id);
    for (const { value, label, slices, deleted } of own) {
      const segments = value === undefined ? mask.segments : segmentsOf(value as MaskValue);
      this.masks.receiveAbout(mask, { name: label || mask.name, segments });
      await this.receive(mask, slices ?? []);
      if (deleted !== undefined) this.masks.receiveDeleted(mask, deleted);
    }
    if (own.length === 0) return;
    const waiting = this.autosave.isWaiting(mask.id);
    if (waiting) this.uncertain.add(mask.id);
    this.masks.mark(mask, waiting ? "waiting" : "saved");
  }

  /** What others did since. */
  private refresh(mask: Mask, row: StoredAnnotation): Promise<void> {
    return this.alone(mask, async () => {
      const stored = await this.api.read(mask.id, this.versions.get(mask.id) ?? 0);
      // Painted just before: whether that still fits, the site says when it is sent.
      if (!stored || stored === "refused" || this.autosave.isWaiting(mask.id)) return;
      await this.takeTheirs(mask, row, stored);
      this.autosave.know([{ ...row, revision: stored.revision }]);
    });
  }

  private async takeTheirs(mask: Mask, theirs: StoredAnnotation, stored: StoredMask): Promise<void> {
    await this.receive(mask, stored.slices);
    this.versions.set(mask.id, stored.version);
    this.receiveAbout(mask, theirs);
  }

  private receiveAbout(mask: Mask, { label, value, deleted }: StoredAnnotation): void {
    this.masks.receiveAbout(mask, { name: label || mask.name, segments: segmentsOf(value as MaskValue) });
    this.masks.receiveDeleted(mask, deleted);
    this.sender.know(mask);
  }

  /** Nothing is painted, undone or sent meanwhile: nothing must be painted on what is not there any more. */
  private async alone<T>(mask: Mask, work: () => Promise<T>): Promise<T> {
    mask.loading = true;
    this.masks.emit("change", null);
    await new Promise<void>((done) => { this.masks.whenIdle(done); });
    await this.sender.settled(mask);
    try {
      return await work();
    } finally {
      this.ready(mask);
    }
  }

  private async receive(mask: Mask, slices: readonly SliceChange[]): Promise<void> {
    for (let first = 0; first < slices.length; first += AT_ONCE) {
      const labels = new Map<number, Labels>();
      for (const { index, data } of slices.slice(first, first + AT_ONCE)) {
        labels.set(index, await unpackSlice(data, mask.map.type, mask.map.sliceLength));
      }
      this.masks.receive(mask, labels);
    }
  }

  private saved(annotation: string, version: number | null): void {
    const mask = this.masks.get(annotation);
    if (!mask) return;
    // Only where nothing came in between: the slices of that would be missing here.
    if (version === (this.versions.get(annotation) ?? 0) + 1) this.versions.set(annotation, version);
    if (!this.autosave.isWaiting(annotation)) this.uncertain.delete(annotation);
    this.masks.mark(mask, this.isWhole(mask) ? "saved" : "waiting");
  }

  /** A stroke that was taken back, or that changed nothing, leaves nothing to save. */
  private settle(mask: Mask): void {
    if (mask.saving === "waiting" && this.isWhole(mask)) this.masks.mark(mask, "saved");
  }

  /** The site has all of it, also of a stroke that goes on. */
  private isWhole(mask: Mask): boolean {
    return !this.isWaitingFor(mask) && !this.masks.isUnsaved(mask);
  }

  private mark(annotation: string, saving: Mask["saving"]): void {
    const mask = this.masks.get(annotation);
    if (mask) this.masks.mark(mask, saving);
  }

  /** Where others changed other slices of the mask, and nothing but slices, both changes stand. */
  private async merge({ annotation, theirs }: Trouble): Promise<"merged" | "no" | "later"> {
    const mask = this.masks.get(annotation);
    this.met.delete(annotation);
    if (!mask || !theirs || theirs.deleted || this.uncertain.has(annotation)) return "no";
    return this.alone(mask, async () => {
      const mine = this.autosave.fieldsWaiting(annotation);
      const own = indicesOf(mine);
      const stored = await this.api.read(annotation, this.versions.get(annotation) ?? 0);
      if (!stored) return "later";
      if (stored === "refused") return "no";
      if (!onlySlices(mine) || stored.slices.some(({ index }) => own.has(index))) {
        this.met.set(annotation, stored.slices.map(({ index }) => index));
        return "no";
      }
      await this.takeTheirs(mask, theirs, stored);
      this.merging.add(mask);
      await this.autosave.decide(annotation, "mine");
      this.merging.delete(mask);
      return "merged";
    });
  }

  private deciding({ annotation }: Trouble, decision: Decision): void {
    const mask = this.masks.get(annotation);
    if (!mask || this.merging.has(mask)) return;
    // Until it is as decided nothing is painted on it.
    mask.loading = true;
    if (decision !== "mine") this.sender.drop(mask);
  }

  private async decided({ annotation, theirs, mine }: Trouble, decision: Decision, copy: string | null): Promise<void> {
    const mask = this.masks.get(annotation);
    if (!mask || !theirs) return;
    if (copy !== null) this.keepCopy(mask, copy, mine);
    if (decision === "mine") await this.keepMine(mask);
    else await this.alone(mask, () => this.startAgain(mask, theirs));
  }

  /** Mine stands in the slices that were painted; in the others what came in between. */
  private keepMine(mask: Mask): Promise<void> {
    if (this.merging.has(mask)) return Promise.resolve();
    return this.alone(mask, async () => {
      const own = indicesOf(this.autosave.fieldsWaiting(mask.id));
      const stored = await this.api.read(mask.id, this.versions.get(mask.id) ?? 0);
      if (stored && stored !== "refused") {
        await this.receive(mask, stored.slices.filter(({ index }) => !own.has(index)));
        this.versions.set(mask.id, stored.version);
      }
      this.masks.mark(mask, this.isWaitingFor(mask) ? "waiting" : "saved");
    });
  }

  /** Everything as the site has it. */
  private async startAgain(mask: Mask, theirs: StoredAnnotation): Promise<void> {
    const held = Array.from({ length: mask.map.size[2] }, (_, k) => k).filter((k) => mask.map.has(k));
    for (const k of held) this.masks.receive(mask, new Map([[k, emptySlice(mask)]]));
    this.versions.delete(mask.id);
    this.masks.mark(mask, "saved");
    const stored = await this.api.read(mask.id);
    if (!stored) {
      setTimeout(() => { this.take(theirs); }, AGAIN_AFTER);
      return;
    }
    if (stored === "refused") {
      this.giveUp(mask, NOT_GIVEN);
      return;
    }
    await this.takeTheirs(mask, theirs, stored);
    this.autosave.know([{ ...theirs, revision: stored.revision }]);
  }

  /** Mine lives on under another id: with all of its slices, not only those that were being sent. */
  private keepCopy(mask: Mask, copy: string, mine: ChangeFields): void {
    const map = new LabelMap(mask.map.size, mask.map.type);
    const sent = indicesOf(mine);
    const rest: number[] = [];
    for (let k = 0; k < map.size[2]; k += 1) {
      if (!mask.map.has(k)) continue;
      map.load(k, mask.map.slice(k).slice());
      if (!sent.has(k)) rest.push(k);
    }
    const about = { id: copy, name: mask.name, author: this.set.reader, mine: true, editable: true, question: null, timepoint: mask.timepoint };
    const made = this.masks.add(mask.image, about, { segments: mask.segments, map });
    this.sender.send(made, rest);
  }
}

function onlySlices({ slices, ...others }: ChangeFields): boolean {
  return slices !== undefined && Object.keys(others).length === 0;
}

function indicesOf({ slices = [] }: ChangeFields): ReadonlySet<number> {
  return new Set(slices.map(({ index }) => index));
}

function emptySlice({ map }: Mask): Labels {
  return map.type === "uint8" ? new Uint8Array(map.sliceLength) : new Uint16Array(map.sliceLength);
}
