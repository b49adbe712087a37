/** The wheel: one slice per notch of a mouse, a steady flow on a trackpad; zoom with Ctrl, time points with Shift. */

import type { Pane } from "../state/workspace";
import type { Point } from "./gestures";

const LINE_PIXELS = 33;
const PIXELS_PER_SLICE = 40;
/** Deltas of at least this size come from a wheel with notches. */
const NOTCH = 60;

export class Wheel {
  private readonly pane: Pane;
  private readonly place: (event: MouseEvent) => Point;
  private leftover = 0;

  constructor(pane: Pane, place: (event: MouseEvent) => Point) {
    this.pane = pane;
    this.place = place;
  }

  turn(event: WheelEvent): void {
    event.preventDefault();
    // With Shift some browsers turn a wheel sideways.
    const delta = (event.deltaY || event.deltaX) * (event.deltaMode === 0 ? 1 : LINE_PIXELS);
    if (event.ctrlKey || event.metaKey) this.pane.zoomBy(Math.exp(-delta / 300), ...this.place(event));
    else this.scroll(delta, event.shiftKey);
  }

  private scroll(delta: number, time: boolean): void {
    const step = this.stepOf(delta);
    if (step === 0) return;
    if (time) this.pane.showTimepoint(this.pane.state.timepoint + step);
    else this.pane.step(step);
  }

  private stepOf(delta: number): number {
    if (Math.abs(delta) >= NOTCH) {
      this.leftover = 0;
      return Math.sign(delta);
    }
    if (Math.sign(delta) !== Math.sign(this.leftover)) this.leftover = 0;
    this.leftover += delta;
    const steps = Math.trunc(this.leftover / PIXELS_PER_SLICE);
    this.leftover -= steps * PIXELS_PER_SLICE;
    return steps;
  }
}
