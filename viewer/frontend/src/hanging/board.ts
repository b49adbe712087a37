/** The viewports drawn as boxes: move and resize them by pointer, or by arrow keys. */

import { type Box, type Protocol, boxesOf, gridOf, removed, withBox } from "../core/hanging";
import { make } from "./dom";

export interface BoardOptions {
  readonly select: (index: number) => void;
  /** `done` is false while a box is still being dragged. */
  readonly change: (protocol: Protocol, done: boolean) => void;
}

interface Drag {
  readonly index: number;
  readonly from: Box;
  readonly start: readonly [x: number, y: number];
  readonly cell: readonly [width: number, height: number];
  readonly resizes: boolean;
}

export class Board {
  readonly root = make("div", { class: "hang-board", role: "group", "aria-label": "Viewports on the screen" });
  private readonly options: BoardOptions;
  private protocol: Protocol = [];
  private selected = 0;
  private drag: Drag | null = null;

  constructor(options: BoardOptions) {
    this.options = options;
    this.root.addEventListener("pointermove", (event) => { this.move(event); });
    this.root.addEventListener("pointerup", () => { this.end(); });
    this.root.addEventListener("pointercancel", () => { this.end(); });
  }

  show(protocol: Protocol, selected: number): void {
    const focused = this.root.contains(document.activeElement);
    this.protocol = protocol;
    this.selected = selected;
    const boxes = boxesOf(protocol);
    const [columns, rows] = gridOf(boxes);
    this.root.style.setProperty("--hang-columns", String(columns));
    this.root.style.setProperty("--hang-rows", String(rows));
    if (this.root.childElementCount !== protocol.length) this.root.replaceChildren(...protocol.map((_, index) => this.box(index)));
    protocol.forEach((_, index) => { this.place(index, boxes[index] as Box, columns, rows); });
    if (focused && this.drag === null) this.buttons[selected]?.focus();
  }

  focus(): void {
    this.buttons[this.selected]?.focus();
  }

  private get buttons(): HTMLButtonElement[] {
    return [...this.root.querySelectorAll<HTMLButtonElement>(".hang-box")];
  }

  private box(index: number): HTMLElement {
    const handle = make("span", { class: "hang-handle", "aria-hidden": "true" });
    const made = make("button", { type: "button", class: "hang-box" }, make("span", { class: "hang-name" }), handle);
    made.addEventListener("focus", () => { if (index !== this.selected) this.options.select(index); });
    made.addEventListener("keydown", (event) => { this.key(event, index); });
    made.addEventListener("pointerdown", (event) => { this.begin(event, index, event.target === handle); });
    return made;
  }

  private place(index: number, { x, y, w, h }: Box, columns: number, rows: number): void {
    const made = this.buttons[index];
    const viewport = this.protocol[index];
    if (!made || !viewport) return;
    const share = (value: number, of: number): string => `${(value / of) * 100}%`;
    made.style.left = share(x, columns);
    made.style.top = share(y, rows);
    made.style.width = share(w, columns);
    made.style.height = share(h, rows);
    made.style.zIndex = String((viewport.order ?? 0) + (index === this.selected ? 20_001 : 10_000));
    made.tabIndex = index === this.selected ? 0 : -1;
    made.setAttribute("aria-pressed", String(index === this.selected));
    made.classList.toggle("hang-dependent", viewport.parent_id !== undefined);
    const detail = viewport.specialized_view ?? viewport.orientation ?? "";
    (made.firstElementChild as HTMLElement).replaceChildren(
      viewport.viewport_name,
      ...(detail ? [make("small", {}, detail)] : []),
    );
    made.setAttribute("aria-label", `${viewport.viewport_name}: column ${x + 1}, row ${y + 1}, ${w} wide, ${h} high`);
    made.title = "Arrow keys move, Shift and arrow keys resize, Delete takes it away, Tab goes to its settings.";
  }

  private key(event: KeyboardEvent, index: number): void {
    const step = STEPS[event.key];
    if (step) {
      event.preventDefault();
      const box = boxesOf(this.protocol)[index] as Box;
      const [dx, dy] = step;
      const next = event.shiftKey ? { ...box, w: box.w + dx, h: box.h + dy } : { ...box, x: box.x + dx, y: box.y + dy };
      this.options.change(withBox(this.protocol, index, next), true);
    } else if (event.key === "Delete") {
      event.preventDefault();
      this.options.change(removed(this.protocol, index), true);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      event.preventDefault();
      const { length } = this.protocol;
      const next = (index + (event.key === "PageDown" ? 1 : length - 1)) % length;
      this.options.select(next);
      this.focus();
    }
  }

  private begin(event: PointerEvent, index: number, resizes: boolean): void {
    if (event.button !== 0) return;
    const boxes = boxesOf(this.protocol);
    const [columns, rows] = gridOf(boxes);
    const { width, height } = this.root.getBoundingClientRect();
    this.options.select(index);
    this.drag = {
      index,
      from: boxes[index] as Box,
      start: [event.clientX, event.clientY],
      cell: [width / columns, height / rows],
      resizes,
    };
    this.root.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const { drag } = this;
    if (!drag) return;
    const dx = Math.round((event.clientX - drag.start[0]) / drag.cell[0]);
    const dy = Math.round((event.clientY - drag.start[1]) / drag.cell[1]);
    const { x, y, w, h } = drag.from;
    const next = drag.resizes ? { x, y, w: w + dx, h: h + dy } : { x: x + dx, y: y + dy, w, h };
    const moved = withBox(this.protocol, drag.index, next);
    if (JSON.stringify(moved[drag.index]) !== JSON.stringify(this.protocol[drag.index])) this.options.change(moved, false);
  }

  private end(): void {
    if (!this.drag) return;
    this.drag = null;
    this.options.change(this.protocol, true);
    this.focus();
  }
}

const STEPS: Readonly<Record<string, readonly [dx: number, dy: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
