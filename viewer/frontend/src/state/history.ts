/** What can be taken back: one list of steps for everything that readers draw, marks and masks alike. */

import { Emitter } from "../core/emitter";

export interface Step {
  /** For people: “Length drawn”. */
  readonly name: string;
  undo(): void;
  redo(): void;
}

/** Older steps are forgotten; what they did stays. */
const MOST_STEPS = 500;

export class History extends Emitter<{ change: null }> {
  private done: Step[] = [];
  private undone: Step[] = [];

  /** The step that the next undo takes back, and the one that the next redo does again. */
  get last(): Step | undefined { return this.done.at(-1); }
  get next(): Step | undefined { return this.undone.at(-1); }

  /** Something was done just now. */
  push(step: Step): void {
    this.done = [...this.done.slice(1 - MOST_STEPS), step];
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

  clear(): void {
    this.done = [];
    this.undone = [];
    this.emit("change", null);
  }
}
