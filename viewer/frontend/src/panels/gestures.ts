/**
 * Mouse, pen and fingers on one element, told as drags, taps, pinches and long presses.
 * Knows nothing of the viewer.
 */

export type Point = readonly [x: number, y: number];

export interface GestureHandlers {
  /** A pointer came down; a drag may follow. */
  start(event: PointerEvent, place: Point): void;
  /** One pointer moved by (dx, dy) while down; `way`: all places on the way, the last one too, however fast it was. */
  drag(place: Point, dx: number, dy: number, way: readonly Point[]): void;
  /** Two fingers: the middle between them moved by (dx, dy) and their distance grew by `factor`. */
  pinch(middle: Point, dx: number, dy: number, factor: number): void;
  /** Came down and up at one place. */
  tap(place: Point, event: PointerEvent): void;
  doubleTap(place: Point): void;
  /** A finger or pen that rests; what follows until it is lifted is nothing else. */
  longPress(place: Point): void;
  /** Over the element without being down; null when it left. */
  hover(place: Point | null): void;
  end(): void;
}

/** Movement below this is a tap; fingers tremble more. */
const SLACK = 4;
const FINGER_SLACK = 10;
/** Shorter than the browser's own long press, which may take the finger away. */
const LONG = 450;
const DOUBLE_WITHIN = 350;
const DOUBLE_NEAR = 24;

export class Gestures {
  private readonly target: HTMLElement;
  private readonly handlers: GestureHandlers;
  private readonly down = new Map<number, Point>();
  private moved = 0;
  /** Places since the press while it might still have been a tap. */
  private untold: readonly Point[] = [];
  private slack = SLACK;
  /** Whether what is going on may still become a tap or a drag of one pointer. */
  private single = false;
  private long = false;
  private longTimer: number | undefined;
  private lastTap: { readonly at: number; readonly place: Point } | null = null;

  constructor(target: HTMLElement, handlers: GestureHandlers) {
    this.target = target;
    this.handlers = handlers;
    target.addEventListener("contextmenu", (event) => { event.preventDefault(); });
    target.addEventListener("pointerdown", (event) => { this.press(event); });
    target.addEventListener("pointermove", (event) => { this.move(event); });
    target.addEventListener("pointerup", (event) => { this.lift(event, true); });
    target.addEventListener("pointercancel", (event) => { this.lift(event, false); });
    target.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") handlers.hover(null);
    });
    // Lifting the finger would press what a long press has put under it.
    target.addEventListener("touchend", (event) => {
      if (this.long && event.cancelable) event.preventDefault();
    }, { passive: false });
    // The middle button would start the browser's own scrolling.
    target.addEventListener("mousedown", (event) => {
      if (event.button === 1) event.preventDefault();
    });
  }

  place(event: MouseEvent): Point {
    const box = this.target.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private press(event: PointerEvent): void {
    const place = this.place(event);
    this.target.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, place);
    this.slack = event.pointerType === "mouse" ? SLACK : FINGER_SLACK;
    window.clearTimeout(this.longTimer);
    if (this.down.size > 1) {
      this.single = false;
      return;
    }
    this.single = true;
    this.long = false;
    this.moved = 0;
    this.untold = [];
    this.handlers.start(event, place);
    if (event.pointerType !== "mouse") {
      this.longTimer = window.setTimeout(() => {
        this.single = false;
        this.long = true;
        this.handlers.longPress(place);
      }, LONG);
    }
  }

  private move(event: PointerEvent): void {
    const place = this.place(event);
    const before = this.down.get(event.pointerId);
    if (event.pointerType !== "touch" || before) this.handlers.hover(place);
    if (!before) return;
    if (this.down.size === 2) this.pinch(event.pointerId, before, place);
    else if (this.single && !this.drag(before, place, event)) return;
    this.down.set(event.pointerId, place);
  }

  /** False while the movement is still too small to be one: it is then told as a whole later. */
  private drag(before: Point, place: Point, event: PointerEvent): boolean {
    const [dx, dy] = [place[0] - before[0], place[1] - before[1]];
    const way = [...this.untold, ...this.wayOf(event, place)];
    if (this.moved < this.slack && Math.hypot(dx, dy) < this.slack) {
      this.untold = way;
      return false;
    }
    this.untold = [];
    this.moved = Infinity;
    window.clearTimeout(this.longTimer);
    this.handlers.drag(place, dx, dy, way);
    return true;
  }

  /** Browsers tell at most one movement per frame, and on demand those in between. */
  private wayOf(event: PointerEvent, place: Point): readonly Point[] {
    const between = (event.getCoalescedEvents as (() => PointerEvent[]) | undefined)?.call(event) ?? [];
    return between.length > 1 ? [...between.map((each) => this.place(each)), place] : [place];
  }

  /** The point between two fingers stays under them while they spread and move. */
  private pinch(id: number, before: Point, place: Point): void {
    const other = [...this.down].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const spread = (point: Point): number => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    const middle: Point = [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2];
    this.handlers.pinch(middle, (place[0] - before[0]) / 2, (place[1] - before[1]) / 2, spread(place) / spread(before));
  }

  private lift(event: PointerEvent, done: boolean): void {
    if (!this.down.delete(event.pointerId)) return;
    window.clearTimeout(this.longTimer);
    if (this.down.size > 0) return;
    if (event.pointerType === "touch") this.handlers.hover(null);
    if (done && this.single && this.moved < this.slack) this.tapped(this.place(event), event);
    this.single = false;
    this.handlers.end();
  }

  private tapped(place: Point, event: PointerEvent): void {
    this.handlers.tap(place, event);
    if (event.button !== 0) return;
    const last = this.lastTap;
    const near = last && Math.hypot(place[0] - last.place[0], place[1] - last.place[1]) < DOUBLE_NEAR;
    if (last && near && event.timeStamp - last.at < DOUBLE_WITHIN) {
      this.lastTap = null;
      this.handlers.doubleTap(place);
    } else {
      this.lastTap = { at: event.timeStamp, place };
    }
  }
}
