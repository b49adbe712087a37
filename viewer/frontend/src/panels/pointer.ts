/** Mouse, pen and touch on the stage. */

import type { Tool } from "../state/view-state";
import type { Viewer } from "../state/viewer";
import { Wheel } from "./wheel";

type Point = readonly [number, number];

/** Movement below this is a click. */
const CLICK_SLACK = 4;
/** Pixels of a drag per slice: the whole stage for the whole stack, but not finer than a pixel. */
const DRAG_SHARE = 0.8;
const ZOOM_PER_PIXEL = 1.006;

export class PointerInput {
  private readonly viewer: Viewer;
  private readonly stage: HTMLElement;
  private readonly pointers = new Map<number, Point>();
  private tool: Tool = "window";
  private moved = 0;
  private leftover = 0;

  constructor(viewer: Viewer, stage: HTMLElement) {
    this.viewer = viewer;
    this.stage = stage;
    const wheel = new Wheel(viewer, (event) => this.place(event));
    stage.addEventListener("wheel", (event) => { wheel.turn(event); }, { passive: false });
    stage.addEventListener("contextmenu", (event) => { event.preventDefault(); });
    stage.addEventListener("pointerdown", (event) => { this.down(event); });
    stage.addEventListener("pointermove", (event) => { this.move(event); });
    stage.addEventListener("pointerup", (event) => { this.up(event); });
    stage.addEventListener("pointercancel", (event) => { this.pointers.delete(event.pointerId); });
    stage.addEventListener("pointerleave", () => { viewer.setPointer(null); });
  }

  private place(event: MouseEvent): Point {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private down(event: PointerEvent): void {
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.place(event));
    this.tool = toolFor(event, this.viewer.state.tool);
    this.moved = this.pointers.size > 1 ? Infinity : 0;
    this.leftover = 0;
    // The middle button would start the browser's own scrolling.
    if (event.button === 1) event.preventDefault();
  }

  private move(event: PointerEvent): void {
    const place = this.place(event);
    const before = this.pointers.get(event.pointerId);
    if (event.pointerType !== "touch") this.viewer.setPointer(place);
    if (!before) return;
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, place);
    else this.drag(before, place);
    this.pointers.set(event.pointerId, place);
  }

  private up(event: PointerEvent): void {
    const held = this.pointers.delete(event.pointerId);
    if (held && event.button === 0 && this.moved < CLICK_SLACK) this.viewer.focusAt(...this.place(event));
  }

  private drag([x0, y0]: Point, [x, y]: Point): void {
    const { viewer } = this;
    const dx = x - x0;
    const dy = y - y0;
    this.moved += Math.hypot(dx, dy);
    if (this.tool === "window") viewer.dragWindow(dx, dy);
    else if (this.tool === "pan") viewer.panBy(dx, dy);
    else if (this.tool === "zoom") viewer.zoomBy(ZOOM_PER_PIXEL ** -dy);
    else this.scroll(dy);
  }

  private scroll(dy: number): void {
    const { viewer } = this;
    const perSlice = Math.max(2, (viewer.stage.height * DRAG_SHARE) / Math.max(1, viewer.plane?.count ?? 1));
    this.leftover += dy;
    const slices = Math.trunc(this.leftover / perSlice);
    if (slices === 0) return;
    this.leftover -= slices * perSlice;
    viewer.step(slices);
  }

  /** Two fingers: the point between them stays under them while they spread and move. */
  private pinch(id: number, before: Point, place: Point): void {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const spread = (point: Point): number => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    const middle = [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2] as const;
    this.viewer.panBy((place[0] - before[0]) / 2, (place[1] - before[1]) / 2);
    this.viewer.zoomBy(spread(place) / spread(before), middle[0], middle[1]);
  }
}

/** Right drag is window/level and middle or Shift drag moves, whatever tool is chosen. */
export function toolFor(event: Pick<PointerEvent, "button" | "shiftKey">, chosen: Tool): Tool {
  if (event.button === 2) return "window";
  if (event.button === 1 || event.shiftKey) return "pan";
  return chosen;
}
