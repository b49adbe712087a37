/**
 * The masks of the images on the screen: a list, the one that is painted, and verbs that each make one step of the
 * history. Saving listens to `edited`; panels listen to `change`.
 */

import { Emitter } from "../core/emitter";
import type { Layer } from "../core/layer";
import { type Change, type Edit, redoChange, undoChange } from "../core/masks/edit";
import { newId } from "../core/ids";
import { LabelMap, labelTypeFor } from "../core/masks/label-map";
import { MaskLayer } from "../core/masks/layer";
import { type MaskSettings, limitedRadius } from "../core/masks/tools";
import { COLORS } from "./annotations";
import type { History, Step } from "./history";
import { Mask, type MaskAbout, type MaskEdit, type MaskSegment, type Over } from "./mask";

export { Mask };
export type { MaskAbout, MaskEdit, MaskSegment };

export interface MaskEvents {
  /** The list, what is chosen, segments, settings: anything that panels show. */
  change: null;
  /** Labels changed: volumes differ. At most once per stroke. */
  painted: Mask;
  /** Something is to be saved. */
  edited: MaskEdit;
  /** Everything of a mask is with the site. */
  kept: Mask;
  /** An edit is over, whether it changed anything or not. */
  ended: Mask;
  /** A sentence for the reader. */
  notice: string;
  /** Something takes its time, with how far it is in words; null when it is over. */
  busy: string | null;
}

/** Where masks are shown. */
export interface MaskHost {
  /** Makes a layer and puts it behind those that are known. */
  join(make: (index: number) => MaskLayer): MaskLayer;
  /** Slices hold other labels. */
  edited(layer: MaskLayer, slices: Iterable<number>): void;
  /** Segments look otherwise, or there are other masks. */
  changed(): void;
}

/** Voxels of the radius of the first brush. */
const FIRST_RADIUS = 8;
/** Share of the window that growing takes at first. */
const FIRST_TOLERANCE = 0.15;
/** As many as the site takes. */
const MOST_SEGMENTS = 64;
/** Milliseconds after which a stroke that goes on is saved as far as it is. */
const SAVE_WITHIN = 1500;

/** An edit that goes on. */
interface Open {
  readonly mask: Mask;
  /** Slices on the screen that nobody was told to save. */
  readonly unsaved: Set<number>;
  timer?: ReturnType<typeof setTimeout> | undefined;
  /** Whether some of it was saved already. */
  partly: boolean;
}

export class Masks extends Emitter<MaskEvents> {
  readonly history: History;
  /** Name of the account that draws here. */
  me = "";
  private readonly host: MaskHost;
  private list: readonly Mask[] = [];
  private readonly chosen = new Map<string, Mask>();
  private current: MaskSettings = {
    radius: 5, ball: false, over: "everything", range: [0, 0], cut: "fill", depth: "plane", tolerance: 50, within: null,
  };
  /** Millimetres; null: one that suits the image. */
  private readonly firstRadius: number | null;
  private fitted = false;
  /** Settings that the reader chose: no image changes them. */
  private readonly own = new Set<string>();
  private readonly owners = new WeakMap<Step, Mask>();
  private readonly open = new Map<Edit, Open>();
  private waiting: (() => void)[] = [];

  constructor(history: History, host: MaskHost, firstRadius: number | null = null) {
    super();
    this.history = history;
    this.firstRadius = firstRadius;
    this.host = host;
  }

  /** Those that are not deleted, in the order in which they came. */
  get all(): readonly Mask[] { return this.list.filter(({ layer }) => !layer.withdrawn); }
  get settings(): MaskSettings { return this.current; }
  get(id: string): Mask | undefined { return this.list.find((mask) => mask.id === id); }
  /** Of an image over time, those of one time point. */
  of(image: Layer, timepoint = 0): readonly Mask[] {
    return this.all.filter((mask) => mask.image === image && mask.timepoint === timepoint);
  }

  /** The mask that tools work on in panes that show this image. */
  activeFor(image: Layer, timepoint = 0): Mask | null {
    const chosen = this.chosen.get(placeOf(image, timepoint));
    if (chosen && !chosen.layer.withdrawn) return chosen;
    return this.of(image, timepoint).find(({ editable }) => editable) ?? null;
  }

  /** The mask to paint on, made if there is none yet. */
  forPainting(image: Layer, timepoint = 0): Mask {
    return this.activeFor(image, timepoint) ?? this.create(image, { timepoint });
  }

  set(patch: Partial<MaskSettings>): void {
    Object.keys(patch).forEach((name) => this.own.add(name));
    this.change(patch);
  }

  private change(patch: Partial<MaskSettings>): void {
    this.current = { ...this.current, ...patch, radius: limitedRadius(patch.radius ?? this.current.radius) };
    this.emit("change", null);
  }

  /** Sizes and values that suit an image, before anything was set. */
  fit(image: Layer, window: { readonly center: number; readonly width: number }): void {
    if (this.fitted) return;
    this.fitted = true;
    const { spacing } = image.meta;
    const fitting: Partial<MaskSettings> = {
      radius: this.firstRadius ?? Number((FIRST_RADIUS * Math.max(spacing[0], spacing[1])).toPrecision(2)),
      range: [window.center, window.center + window.width / 2],
      tolerance: Number((window.width * FIRST_TOLERANCE).toPrecision(2)),
    };
    this.change(Object.fromEntries(Object.entries(fitting).filter(([name]) => !this.own.has(name))));
  }

  // Masks

  create(image: Layer, about: Partial<MaskAbout> = {}, segments: readonly MaskSegment[] = [newSegment([])]): Mask {
    const highest = Math.max(...segments.map(({ value }) => value), 0);
    const map = new LabelMap(image.meta.size, labelTypeFor(highest));
    const mask = this.add(image, { ...this.aboutNew(image, about.timepoint ?? 0), ...about }, { segments, map });
    this.choose(mask);
    this.tell({ mask, slices: [], described: true });
    return mask;
  }

  /** A mask that the site knows. */
  add(image: Layer, about: MaskAbout, content: { readonly segments: readonly MaskSegment[]; readonly map: LabelMap }): Mask {
    const layer = this.host.join((index) => new MaskLayer(index, { ...about, image: image.meta, map: content.map }));
    const mask = new Mask({ about, image, layer, segments: content.segments });
    this.list = [...this.list, mask];
    this.changed();
    return mask;
  }

  choose(mask: Mask): void {
    this.chosen.set(placeOf(mask.image, mask.timepoint), mask);
    this.emit("change", null);
  }

  chooseSegment(mask: Mask, value: number): void {
    mask.select(value);
    this.choose(mask);
  }

  rename(mask: Mask, name: string): void {
    const before = mask.name;
    if (!mask.editable || name === before) return;
    this.step(mask, "Mask renamed", () => { mask.set({ name }); }, () => { mask.set({ name: before }); });
  }

  /** Deletes a mask; undone, it is there again as it was. */
  remove(mask: Mask): void {
    if (!mask.editable) return;
    const withdraw = (deleted: boolean) => (): void => {
      mask.layer.withdrawn = deleted;
      this.changed();
      this.tell({ mask, slices: [], described: false, deleted });
    };
    withdraw(true)();
    this.history.push(this.stepOf(mask, "Mask deleted", withdraw(true), withdraw(false)));
  }

  // Segments

  addSegment(mask: Mask): MaskSegment | null {
    const segment = newSegment(mask.segments);
    if (!mask.editable) return null;
    if (segment.value > mask.map.highestLabel || mask.segments.length >= MOST_SEGMENTS) {
      this.emit("notice", `A mask holds ${MOST_SEGMENTS} segments. Make another mask for more.`);
      return null;
    }
    this.setSegments(mask, "Segment added", [...mask.segments, segment]);
    this.chooseSegment(mask, segment.value);
    return segment;
  }

  /** Names and colors are saved; sight and locks are the reader's own and no steps. */
  setSegment(mask: Mask, value: number, patch: Partial<Omit<MaskSegment, "value">>): void {
    const segments = mask.segments.map((segment) => (segment.value === value ? { ...segment, ...patch } : segment));
    if (patch.name === undefined && patch.color === undefined) {
      mask.set({ segments });
      this.changed();
    } else if (segments.some(({ value: other, name }) => other !== value && name === patch.name)) {
      this.emit("notice", `Another segment is called “${patch.name ?? ""}” already.`);
      this.emit("change", null);
    } else if (mask.editable) {
      this.setSegments(mask, "Segment changed", segments);
    }
  }

  /** With all of its voxels; locked ones stay. */
  removeSegment(mask: Mask, value: number): void {
    const segment = mask.segments.find((each) => each.value === value);
    if (!segment || !mask.editable || this.isLocked(segment)) return;
    const edit = this.begin(mask, new Set([value]));
    for (let k = 0; k < mask.map.size[2]; k += 1) if (mask.map.has(k)) edit.run(k, 0, mask.map.sliceLength, 0);
    const after = mask.segments.filter((each) => each.value !== value);
    this.commit(mask, edit, "Segment deleted", after.length > 0 ? after : [newSegment([])]);
  }

  /** Whether a segment must not be painted; says so. */
  isLocked(segment: MaskSegment): boolean {
    if (segment.locked) this.emit("notice", `“${segment.name}” is locked. Unlock it in the panel of masks to change it.`);
    return segment.locked;
  }

  // Painting

  /** Begins an edit; `commit` or `abandon` ends it. `over` tells what it may write over, besides what is locked. */
  begin(mask: Mask, over: Over | ReadonlySet<number>): Edit {
    const edit = mask.edit(over);
    this.open.set(edit, { mask, unsaved: new Set(), partly: false });
    return edit;
  }

  /** Whether a step cannot be taken back or done again just now, because its mask is being loaded. */
  blocks(step: Step | undefined): boolean {
    return step !== undefined && this.owners.get(step)?.loading === true;
  }

  /** Whether something of an edit that goes on is to be saved yet. */
  isUnsaved(mask: Mask): boolean {
    return [...this.open.values()].some((open) => open.mask === mask && open.unsaved.size > 0);
  }

  /** Does something that must not come in the middle of a stroke. */
  whenIdle(act: () => void): void {
    if (this.open.size === 0) act();
    else this.waiting.push(act);
  }

  /** Shows what an edit has written so far; what is long under way is saved meanwhile, and stays one step. */
  show(mask: Mask, edit: Edit): void {
    const slices = edit.takeTouched();
    const open = this.open.get(edit);
    if (slices.size === 0 || !open) return;
    this.refresh(mask, slices);
    slices.forEach((k) => open.unsaved.add(k));
    if (mask.saving === "saved") this.mark(mask, "waiting");
    open.timer ??= setTimeout(() => {
      open.timer = undefined;
      open.partly = true;
      const list = [...open.unsaved];
      open.unsaved.clear();
      this.emit("edited", { mask, slices: list, described: false });
    }, SAVE_WITHIN);
  }

  /** Makes an edit a step, with other segments if they changed with it. Nothing is one that changed nothing. */
  commit(mask: Mask, edit: Edit, name: string, segments?: readonly MaskSegment[]): void {
    this.show(mask, edit);
    const change = edit.finish();
    if (change || segments) this.keep(mask, name, change, segments);
    this.end(edit);
  }

  /** Takes an unfinished edit back. */
  abandon(mask: Mask, edit: Edit): void {
    const change = edit.finish();
    if (change) this.replay(mask, change, undoChange);
    if (change && this.open.get(edit)?.partly) this.tell({ mask, slices: change.slices, described: false });
    this.end(edit);
  }

  // From the site

  /** Slices as they are elsewhere. What was done here cannot be taken back any more: it would bring back what is not there. */
  receive(mask: Mask, slices: ReadonlyMap<number, Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>): void {
    for (const [k, labels] of slices) mask.map.load(k, labels);
    this.history.forget((step) => this.owners.get(step) === mask);
    this.refresh(mask, slices.keys());
    this.emit("painted", mask);
  }

  /** What the site says of name and segments; locks and sight stay the reader's own. */
  receiveAbout(mask: Mask, about: { readonly name: string; readonly segments: readonly MaskSegment[] }): void {
    const known = new Map(mask.segments.map((segment) => [segment.value, segment]));
    const segments = about.segments.map((segment) => {
      const own = known.get(segment.value);
      return own ? { ...segment, locked: own.locked, visible: own.visible } : segment;
    });
    mask.set({ name: about.name, segments });
    this.changed();
  }

  /** Deleted elsewhere, or there again. */
  receiveDeleted(mask: Mask, deleted: boolean): void {
    mask.layer.withdrawn = deleted;
    this.changed();
  }

  /** What became of saving. */
  mark(mask: Mask, saving: Mask["saving"]): void {
    if (mask.saving === saving) return;
    mask.saving = saving;
    this.emit("change", null);
    if (saving === "saved") this.emit("kept", mask);
  }

  private end(edit: Edit): void {
    const open = this.open.get(edit);
    clearTimeout(open?.timer);
    this.open.delete(edit);
    if (open) this.emit("ended", open.mask);
    if (this.open.size > 0) return;
    const { waiting } = this;
    this.waiting = [];
    waiting.forEach((act) => { act(); });
  }

  private keep(mask: Mask, name: string, change: Change | null, segments?: readonly MaskSegment[]): void {
    const before = mask.segments;
    const replay = (apply: typeof undoChange, list: readonly MaskSegment[]): void => {
      if (change) this.replay(mask, change, apply);
      if (segments) this.describe(mask, list);
      this.tell({ mask, slices: change?.slices ?? [], described: segments !== undefined });
    };
    if (segments) this.describe(mask, segments);
    const redo = (): void => { replay(redoChange, segments ?? before); };
    this.history.push(this.stepOf(mask, name, redo, () => { replay(undoChange, before); }, change?.bytes));
    this.tell({ mask, slices: change?.slices ?? [], described: segments !== undefined });
  }

  private setSegments(mask: Mask, name: string, segments: readonly MaskSegment[]): void {
    const before = mask.segments;
    this.step(mask, name, () => { mask.set({ segments }); }, () => { mask.set({ segments: before }); });
  }

  /** One step about name or segments. */
  private step(mask: Mask, name: string, redo: () => void, undo: () => void): void {
    const telling = (act: () => void) => (): void => {
      act();
      this.changed();
      this.tell({ mask, slices: [], described: true });
    };
    telling(redo)();
    this.history.push(this.stepOf(mask, name, telling(redo), telling(undo)));
  }

  private stepOf(mask: Mask, name: string, redo: () => void, undo: () => void, bytes = 0): Step {
    const step = { name, undo, redo, bytes };
    this.owners.set(step, mask);
    return step;
  }

  private describe(mask: Mask, segments: readonly MaskSegment[]): void {
    mask.set({ segments });
    this.changed();
  }

  private replay(mask: Mask, change: Change, apply: typeof undoChange): void {
    apply(mask.map, change);
    this.refresh(mask, change.slices);
  }

  private refresh(mask: Mask, slices: Iterable<number>): void {
    const list = [...slices];
    mask.touched(list);
    this.host.edited(mask.layer, list);
  }

  private tell(edit: MaskEdit): void {
    this.emit("edited", edit);
    if (edit.slices.length > 0) this.emit("painted", edit.mask);
  }

  private changed(): void {
    this.host.changed();
    this.emit("change", null);
  }

  private aboutNew(image: Layer, timepoint: number): MaskAbout {
    const others = this.of(image, timepoint).length;
    const name = others === 0 ? "Mask" : `Mask ${others + 1}`;
    return { id: newId(), name, author: this.me, mine: true, editable: true, question: null, timepoint };
  }
}

/** The time point of an image that a pane shows; one without timepoints of its own stays on its only one. */
export function atOwnTimepoint(image: Layer, state: { readonly timepoint: number }): number {
  return Math.min(state.timepoint, image.timepoints - 1);
}

function placeOf(image: Layer, timepoint: number): string {
  return `${image.index}@${timepoint}`;
}

/** The next free label, in the next color. */
export function newSegment(others: readonly MaskSegment[]): MaskSegment {
  const taken = new Set(others.map(({ value }) => value));
  let value = 1;
  while (taken.has(value)) value += 1;
  const names = new Set(others.map(({ name }) => name));
  let number = value;
  while (names.has(`Segment ${number}`)) number += 1;
  return { value, name: `Segment ${number}`, color: COLORS[(value - 1) % COLORS.length] ?? COLORS[0], visible: true, locked: false };
}
