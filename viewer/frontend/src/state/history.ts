/** What can be taken back: one list of steps for everything that readers draw, marks and masks alike. */

import { Emitter } from "../core/emitter";

export interface Step {
  /** For people: “Length drawn”. */
  readonly name: string;
  /** Memory that it takes, where that is much: strokes of a brush. */
  readonly bytes?: number;
  undo(): void;
  redo(): void;
}

/** Older steps are forgotten; what they did stays. */
const MOST_STEPS = 500;
const MOST_BYTES = 192 * 1024 * 1024;

export class History extends Emitter<{ change: null }> {
  private done: Step[] = [];
  private undone: Step[] = [];

  /** The step that the next undo takes back, and the one that the next redo does again. */
  get last(): Step | undefined { return this.done.at(-1); }
  get next(): Step | undefined { return this.undone.at(-1); }

  /** Something was done just now. */
  push(step: Step): void {
    this.done = affordable([...this.done.slice(1 - MOST_STEPS), step]);
    this.undone = [];
    this.emit("change", null);
  }

  undo(): Step | undefined {
    const step = this.done.pop();
    if (!step) return undefined;
    step.undo();
    this.undone.push(step);
    this.emit("change", null);
    return step;
  }

  redo(): Step | undefined {
    const step = this.undone.pop();
    if (!step) return undefined;
    step.redo();
    this.done.push(step);
    this.emit("change", null);
    return step;
  }

  /** Steps that cannot be taken back any more, because something else came in between. */
  forget(isGone: (step: Step) => boolean): void {
    this.done = this.done.filter((step) => !isGone(step));
    this.undone = this.undone.filter((step) => !isGone(step));
    this.emit("change", null);
  }

  clear(): void {
    this.done = [];
    this.undone = [];
    this.emit("change", null);
  }
}

/** The last steps that fit into memory; the very last one always stays. */
function affordable(steps: readonly Step[]): Step[] {
  let bytes = 0;
  let first = steps.length - 1;
  for (; first >= 0; first -= 1) {
    bytes += steps[first]?.bytes ?? 0;
    if (bytes > MOST_BYTES) break;
  }
  return steps.slice(Math.min(first + 1, steps.length - 1));
}
