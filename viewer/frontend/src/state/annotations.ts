/**
 * What readers have marked: one list, one selection, and verbs that each make one step of the history.
 * Values are those of sockets (LPS millimetres). Saving listens to `edited`; panels listen to `change`.
 */

import { Emitter } from "../core/emitter";
import { newId } from "../core/ids";
import { sameJson } from "../core/objects";
import type { Frame } from "../core/annotations";
import { answerValue, fitsKind } from "../tools/many";
import { type AnnotationTool, type DrawingTool, defaultTool, toolNamed } from "../tools/registry";
import type { GeometryKind, GeometryValue } from "../tools/values";
import { History, type Step } from "./history";

export type { AnnotationTool, DrawingTool, GeometryKind, GeometryValue };

export type { Frame };

/** The part that readers make, and that every version keeps. */
export interface AnnotationContent {
  readonly tool: AnnotationTool;
  /** UUID of the image that it was drawn on. */
  readonly image: string;
  /** How it was looked at when it was drawn; null when that is not known. */
  readonly frame: Frame | null;
  readonly value: GeometryValue;
  readonly label: string;
  /** `#rrggbb`. */
  readonly color: string;
  /** The question that it answers and is saved with; null where it is a mark of its own. */
  readonly question: string | null;
}

/** `waiting`: not acknowledged by the site yet; `conflict`: somebody else changed it meanwhile. */
export type Saving = "saved" | "waiting" | "conflict";

export interface Annotation extends AnnotationContent {
  /** Made here, so that sending it twice makes one. */
  readonly id: string;
  /** Name of the account. */
  readonly author: string;
  readonly mine: boolean;
  readonly editable: boolean;
  /** Count of versions that the site keeps; 0 before the first. */
  readonly version: number;
  readonly saving: Saving;
}

export interface Edit {
  readonly id: string;
  /** Null: it was not there, or is not there any more. */
  readonly before: Annotation | null;
  readonly after: Annotation | null;
}

/** How it came about. */
export type How = "drawn" | "edited" | "deleted" | "undone" | "redone";

/** A question beside the images that is answered by marks. */
export interface Question {
  readonly id: string;
  readonly kind: GeometryKind;
  readonly label: string;
  readonly color?: string;
  /** Other than the usual tool of its kind. */
  readonly tool?: DrawingTool;
}

export interface AnnotationEvents {
  /** The list, the selection, what is hidden: anything that is drawn or listed. */
  change: null;
  /** Something is to be saved. */
  edited: Edit;
  /** The marks of a question differ: `answer()` tells what is marked for it now. */
  answer: { readonly question: string; readonly how: How };
}

/** Told apart on gray pictures, and by readers who do not tell red from green. */
export const COLORS = ["#ffd24a", "#4fd1ff", "#ff8a5c", "#8ee06b", "#ff7ac8", "#c3a6ff", "#ffffff"] as const;

export class Annotations extends Emitter<AnnotationEvents> {
  readonly history: History;
  /** What new marks are drawn in. */
  color: string = COLORS[0];
  /** Name of the account that draws here. */
  me = "";
  private list: readonly Annotation[] = [];
  private chosen: string | null = null;
  private question: Question | null = null;
  /** A value that follows the pointer and is no step yet. */
  private trial: { readonly id: string; readonly value: GeometryValue } | null = null;
  private readonly hidden = new Set<string>();
  /** The annotations that a step is about. */
  private readonly owners = new WeakMap<Step, ReadonlySet<string>>();

  constructor(history: History) {
    super();
    this.history = history;
  }

  /** In the order in which they were drawn; while one is dragged, where it is now. */
  get all(): readonly Annotation[] {
    const { trial } = this;
    return trial ? this.list.map((each) => (each.id === trial.id ? { ...each, value: trial.value } : each)) : this.list;
  }

  /** The same without what is only being tried. */
  get settled(): readonly Annotation[] { return this.list; }

  get(id: string): Annotation | undefined { return this.all.find((each) => each.id === id); }
  /** Whether one is being dragged: what takes time waits until it is let go. */
  get dragging(): boolean { return this.trial !== null; }
  isHeld(id: string): boolean { return this.trial?.id === id; }
  get selected(): Annotation | null { return (this.chosen !== null && this.get(this.chosen)) || null; }
  get asked(): Question | null { return this.question; }
  isHidden(id: string): boolean { return this.hidden.has(id); }

  // What readers do: each is one step

  /** Draws; the answer to a question that has one place takes the place of the one before. */
  draw(made: Omit<AnnotationContent, "label" | "color" | "question"> & Partial<AnnotationContent>): Annotation {
    const { question } = this;
    const fits = question !== null && fitsKind(made.value, question.kind);
    const annotation: Annotation = {
      label: fits ? question.label : "",
      color: (fits ? question.color : undefined) ?? this.color,
      question: fits ? question.id : null,
      ...made,
      id: newId(),
      author: this.me,
      mine: true,
      editable: true,
      version: 0,
      saving: "waiting",
    };
    const single = fits && !question.kind.startsWith("M");
    const old = single ? this.marksOf(question.id) : [];
    this.step("drawn", [
      ...old.map((each): Edit => ({ id: each.id, before: each, after: null })),
      { id: annotation.id, before: null, after: annotation },
    ]);
    this.select(annotation.id);
    return annotation;
  }

  change(id: string, patch: Partial<Pick<AnnotationContent, "value" | "label" | "color" | "question">>): void {
    const before = this.list.find((each) => each.id === id);
    if (!before?.editable) return;
    const after = { ...before, ...patch };
    if (sameContent(before, after)) return;
    this.step("edited", [{ id, before, after }]);
  }

  remove(id: string): void {
    const before = this.list.find((each) => each.id === id);
    if (before?.editable) this.step("deleted", [{ id, before, after: null }]);
  }

  /** A colleague's or an algorithm's mark as the start of one's own. */
  copy(id: string): Annotation | null {
    const source = this.get(id);
    if (!source) return null;
    const { tool, image, frame, value, label, color } = source;
    return this.draw({ tool, image, frame, value, label, color });
  }

  // While a mark is dragged

  /** Shows a value that is no step yet. */
  preview(id: string, value: GeometryValue): void {
    if (!this.list.find((each) => each.id === id)?.editable) return;
    if (this.trial && this.trial.id !== id) this.settle();
    this.trial = { id, value };
    this.emit("change", null);
  }

  /** The reader let go: what was shown becomes a step. */
  settle(): void {
    const { trial } = this;
    if (!trial) return;
    this.trial = null;
    const tool = this.get(trial.id)?.tool;
    const settled = tool && toolNamed(tool).settled?.(trial.value);
    this.change(trial.id, { value: settled ?? trial.value });
    this.emit("change", null);
  }

  /** The reader changed their mind. */
  abandon(): void {
    if (!this.trial) return;
    this.trial = null;
    this.emit("change", null);
  }

  // Selection and sight: no steps, nothing is saved

  select(id: string | null): void {
    if (this.chosen === id) return;
    this.chosen = id;
    this.emit("change", null);
  }

  /** The next (or with -1 the previous) of those that are shown. */
  selectNext(by: 1 | -1): Annotation | null {
    const shown = this.list.filter(({ id }) => !this.hidden.has(id));
    if (shown.length === 0) return null;
    const place = shown.findIndex(({ id }) => id === this.chosen);
    const start = place < 0 && by < 0 ? 0 : place;
    const next = shown[(start + by + shown.length) % shown.length] as Annotation;
    this.select(next.id);
    return next;
  }

  show(id: string, shown: boolean): void {
    if (shown) this.hidden.delete(id);
    else this.hidden.add(id);
    this.emit("change", null);
  }

  // Questions

  /** From now on marks that fit answer this question; null ends that. Tells the tool to draw with. */
  ask(question: Question | null): DrawingTool | null {
    this.question = question;
    this.emit("change", null);
    return question ? (question.tool ?? defaultTool(question.kind)) : null;
  }

  /** The marks of a question, in order. */
  marksOf(question: string): readonly Annotation[] {
    return this.list.filter((each) => each.question === question);
  }

  /** What is marked for a question, as its kind wants it. */
  answer({ id, kind }: Pick<Question, "id" | "kind">): GeometryValue | null {
    return answerValue(kind, this.marksOf(id).map(({ value }) => value));
  }

  /** The marks of all questions as the panel knows them; they take the place of those before. */
  loadAnswers(marks: readonly Annotation[]): void {
    this.become([...this.list.filter((each) => each.question === null), ...marks]);
  }

  // From the site

  /** Every mark that is no answer, as it is now. */
  load(list: readonly Annotation[]): void {
    this.become([...list, ...this.list.filter((each) => each.question !== null)]);
  }

  /** One annotation as it is now elsewhere, or (null) that it is gone. No step: it is not this reader's. */
  receive(id: string, annotation: Annotation | null): void {
    if (!annotation && this.chosen === id) this.chosen = null;
    if (this.trial?.id === id && !annotation) this.trial = null;
    this.become(replaced(this.list, id, annotation));
  }

  /** What became of saving. */
  mark(id: string, patch: Partial<Pick<Annotation, "version" | "saving">>): void {
    if (!this.list.some((each) => each.id === id)) return;
    this.list = this.list.map((each) => (each.id === id ? { ...each, ...patch } : each));
    this.emit("change", null);
  }

  /** What was done to those that are different elsewhere cannot be taken back any more: it would undo what somebody else did. */
  private become(list: readonly Annotation[]): void {
    const overtaken = differing(this.list, list);
    this.list = list;
    if (overtaken.length > 0) this.history.forget((step) => overtaken.some((id) => this.owners.get(step)?.has(id)));
    this.emit("change", null);
  }

  private step(how: "drawn" | "edited" | "deleted", edits: readonly Edit[]): void {
    this.apply(edits, how);
    const back = edits.map(({ id, before, after }) => ({ id, before: after, after: before })).reverse();
    const step: Step = {
      name: `Annotation ${how}`,
      undo: () => { this.apply(back, "undone"); },
      redo: () => { this.apply(edits, "redone"); },
    };
    this.owners.set(step, new Set(edits.map(({ id }) => id)));
    this.history.push(step);
  }

  /** Versions and rights are those of now, whatever a step remembers. */
  private apply(edits: readonly Edit[], how: How): void {
    for (const { id, after } of edits) {
      const now = this.list.find((each) => each.id === id) ?? null;
      const next = after && { ...after, version: now?.version ?? after.version, saving: "waiting" as const };
      this.list = replaced(this.list, id, next);
      if (!next && this.chosen === id) this.chosen = null;
      this.emit("edited", { id, before: now, after: next });
    }
    this.emit("change", null);
    const asked = edits.flatMap(({ before, after }) => [before?.question, after?.question]);
    for (const question of new Set(asked)) if (question) this.emit("answer", { question, how });
  }
}

/** Ids of those that are in one list alone, or say something else there. */
function differing(before: readonly Annotation[], after: readonly Annotation[]): readonly string[] {
  const now = new Map(after.map((each) => [each.id, each]));
  const known = new Set(before.map(({ id }) => id));
  const changed = before.filter((each) => {
    const other = now.get(each.id);
    return !other || !sameContent(each, other);
  });
  return [...changed, ...after.filter(({ id }) => !known.has(id))].map(({ id }) => id);
}

function replaced(list: readonly Annotation[], id: string, annotation: Annotation | null): readonly Annotation[] {
  if (!annotation) return list.filter((each) => each.id !== id);
  return list.some((each) => each.id === id) ? list.map((each) => (each.id === id ? annotation : each)) : [...list, annotation];
}

/** Whether two say the same: neither needs to be saved for the other. */
export function sameContent(a: AnnotationContent, b: AnnotationContent): boolean {
  return (
    a.tool === b.tool &&
    a.label === b.label &&
    a.color === b.color &&
    a.question === b.question &&
    sameJson(a.value, b.value)
  );
}
