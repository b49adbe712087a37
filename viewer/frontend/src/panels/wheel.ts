/** The wheel: one slice per notch of a mouse, a steady flow on a trackpad, zoom with Ctrl. */

import type { Viewer } from "../state/viewer";

type Point = readonly [number, number];

const LINE_PIXELS = 33;
const PIXELS_PER_SLICE = 40;
/** Deltas of at least this size come from a wheel with notches. */
const NOTCH = 60;

export class Wheel {
  private readonly viewer: Viewer;
  private readonly place: (event: MouseEvent) => Point;
  private leftover = 0;

  constructor(viewer: Viewer, place: (event: MouseEvent) => Point) {
    this.viewer = viewer;
    this.place = place;
  }

  turn(event: WheelEvent): void {
    event.preventDefault();
    const delta = event.deltaY * (event.deltaMode === 0 ? 1 : LINE_PIXELS);
    if (event.ctrlKey || event.metaKey) this.viewer.zoomBy(Math.exp(-delta / 300), ...this.place(event));
    else this.scroll(delta);
  }

  private scroll(delta: number): void {
    if (Math.abs(delta) >= NOTCH) {
      this.leftover = 0;
      this.viewer.step(Math.sign(delta));
      return;
    }
    if (Math.sign(delta) !== Math.sign(this.leftover)) this.leftover = 0;
    this.leftover += delta;
    const slices = Math.trunc(this.leftover / PIXELS_PER_SLICE);
    this.leftover -= slices * PIXELS_PER_SLICE;
    if (slices !== 0) this.viewer.step(slices);
  }
}
