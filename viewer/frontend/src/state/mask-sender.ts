/** Hands what was done to masks to the autosave: the slices that changed, compressed, in changes of a bearable size. */

import { type ChangeFields, type SliceChange } from "../core/annotations";
import { packSlice } from "../core/masks/slice-codec";
import type { Autosave } from "./autosave";
import { MASK_KIND, MASK_TOOL_WORD, valueOf } from "./mask-rows";
import type { Mask, MaskEdit, MaskSegment } from "./mask";
import type { Masks } from "./masks";

/** Slices of one change, and letters of them: each is kept in the browser and sent as a whole. */
const MOST_SLICES = 64;
const MOST_LETTERS = 2 ** 21;

interface Dirty {
  readonly slices: Set<number>;
  described: boolean;
  deleted: boolean | null;
}

export class MaskSender {
  private readonly masks: Masks;
  private readonly autosave: Autosave;
  private readonly dirty = new Map<Mask, Dirty>();
  /** Segments as they were sent last. */
  private readonly sent = new Map<Mask, readonly MaskSegment[]>();
  private readonly dropped = new Set<Mask>();
  private readonly sending = new Map<Mask, Promise<void>>();

  constructor(masks: Masks, autosave: Autosave) {
    this.masks = masks;
    this.autosave = autosave;
    masks.on("edited", (edit) => { this.note(edit); });
  }

  /** Whether something was done that the autosave does not have yet. */
  isWaiting(mask: Mask): boolean {
    return this.dirty.has(mask) || this.sending.has(mask);
  }

  /** Resolves when the autosave has everything that was done. */
  async settled(mask: Mask): Promise<void> {
    // What was noted just now is on its way a moment later.
    await Promise.resolve();
    while (this.isWaiting(mask)) await (this.sending.get(mask) ?? Promise.resolve());
  }

  /** The segments of a mask are those that the site knows. */
  know(mask: Mask): void {
    this.sent.set(mask, mask.segments);
  }

  /** The reader decided otherwise: what is under way here is not handed on. */
  drop(mask: Mask): void {
    this.dirty.delete(mask);
    if (this.sending.has(mask)) this.dropped.add(mask);
  }

  /** Slices that the site has not got although nothing was painted. */
  send(mask: Mask, slices: readonly number[]): void {
    if (slices.length > 0) this.note({ mask, slices, described: false });
  }

  private note({ mask, slices, described, deleted }: MaskEdit): void {
    const dirty = this.dirty.get(mask) ?? { slices: new Set(), described: false, deleted: null };
    slices.forEach((k) => dirty.slices.add(k));
    dirty.described ||= described;
    dirty.deleted = deleted ?? dirty.deleted;
    this.dirty.set(mask, dirty);
    this.masks.mark(mask, "waiting");
    // What one press of a key did is one change.
    queueMicrotask(() => {
      // One at a time: a change builds on the one before.
      if (!this.sending.has(mask)) this.sending.set(mask, this.flush(mask));
    });
  }

  private async flush(mask: Mask): Promise<void> {
    try {
      for (let dirty = this.next(mask); dirty; dirty = this.next(mask)) await this.sendOne(mask, dirty);
    } finally {
      this.sending.delete(mask);
      this.dropped.delete(mask);
    }
  }

  private next(mask: Mask): Dirty | undefined {
    const dirty = this.dirty.get(mask);
    this.dirty.delete(mask);
    return dirty;
  }

  private async sendOne(mask: Mask, { slices, described, deleted }: Dirty): Promise<void> {
    const known = this.autosave.knows(mask.id);
    if (!known && deleted === true) return;
    const before = this.sent.get(mask) ?? [];
    const now = mask.segments;
    const gone = before.filter(({ value }) => now.every((segment) => segment.value !== value));
    const about = (segments: readonly MaskSegment[]): ChangeFields => ({ value: valueOf(mask, segments), label: mask.name });
    let fields: ChangeFields = known ? {} : this.birth(mask);
    // Labels are declared before the first voxel bears one, and given up after the last one was erased.
    if (described || !known) fields = { ...fields, ...about(slices.size > 0 ? [...now, ...distinct(gone, now)] : now) };
    if (deleted !== null) fields = { ...fields, deleted };
    const order = [...slices].sort((a, b) => a - b);
    let first = 0;
    do {
      const parts = await packed(mask, order, first);
      if (this.dropped.has(mask)) return;
      first += parts.length;
      await this.autosave.push(mask.id, parts.length > 0 ? { ...fields, slices: parts } : fields);
      fields = {};
    } while (first < order.length);
    if (described && slices.size > 0 && gone.length > 0) await this.autosave.push(mask.id, about(now));
    if (described || !known) this.sent.set(mask, now);
  }

  private birth({ image, timepoint, question }: Mask): ChangeFields {
    const frame = image.timepoints > 1 ? { timepoint, normal: [0, 0, 1] as const, up: [0, -1, 0] as const } : null;
    return { image: image.meta.image, kind: MASK_KIND, tool: MASK_TOOL_WORD, color: "", frame, ...(question === null ? {} : { question }) };
  }
}

/** As many of the slices from `first` on as one change holds. Slices are taken as they are now. */
async function packed({ map }: Mask, order: readonly number[], first: number): Promise<SliceChange[]> {
  const parts: SliceChange[] = [];
  let letters = 0;
  for (const index of order.slice(first, first + MOST_SLICES)) {
    const data = await packSlice(map.slice(index));
    if (parts.length > 0 && letters + data.length > MOST_LETTERS) break;
    parts.push({ index, data });
    letters += data.length;
  }
  return parts;
}

/** Segments that are gone, under names that no other one bears. */
function distinct(gone: readonly MaskSegment[], now: readonly MaskSegment[]): readonly MaskSegment[] {
  const names = new Set(now.map(({ name }) => name));
  return gone.map((segment) => (names.has(segment.name) ? { ...segment, name: `${segment.name} (deleted ${segment.value})` } : segment));
}
