/** What the pointer does to a pane: the tool of its button, pinching, taps and the wheel. */

import type { MouseButton, Pane, Tool } from "../state/workspace";
import { applyTool, toggleMaximized } from "./commands";
import type { Desk } from "./desk";
import { type GestureHandlers, Gestures, type Point } from "./gestures";
import type { MarkLayer } from "./mark-layer";
import { MaskInput } from "./mask-input";
import type { MaskMarks } from "./mask-marks";
import { MarkPointer } from "./mark-pointer";
import { Wheel } from "./wheel";
import { isMaskTool } from "../core/masks/tools";
import { isDrawingTool } from "../tools/registry";

/** Pixels of a drag per slice: most of the pane for the whole stack, but not finer than this. */
const FINEST = 2;
const DRAG_SHARE = 0.8;
/** Degrees that the plane tilts per pixel. */
const TILT = 0.4;

export class PointerInput implements GestureHandlers {
  private readonly desk: Desk;
  private readonly pane: Pane;
  private readonly stage: HTMLElement;
  private tool: Tool = "window";
  private leftover = 0;
  private readonly marks: MarkPointer;
  /** Whether what goes on is about marks. */
  private marking = false;
  private readonly masks: MaskInput;

  constructor(desk: Desk, pane: Pane, stage: HTMLElement, over: { marks: MarkLayer; masks: MaskMarks }) {
    this.desk = desk;
    this.pane = pane;
    this.stage = stage;
    this.marks = new MarkPointer({ workspace: desk.workspace, pane, layer: over.marks, stage });
    this.masks = new MaskInput(desk.workspace, pane, over.masks);
    const gestures = new Gestures(stage, this);
    const wheel = new Wheel(pane, (event) => gestures.place(event));
    stage.addEventListener("wheel", (event) => { wheel.turn(event); }, { passive: false });
    const showTool = (): void => { stage.dataset.tool = desk.workspace.state.tools.left; };
    desk.workspace.on("change", showTool);
    showTool();
  }

  start(event: PointerEvent, place: Point): void {
    const { workspace } = this.desk;
    workspace.activate(this.pane.id);
    this.tool = toolFor(event, workspace.state.tools);
    this.leftover = 0;
    this.marking = !this.masks.start(this.tool, event, place) && this.marks.start(event, place, this.tool);
    this.stage.classList.add("hv-dragging");
    if (event.pointerType === "touch") this.pane.setPointer(place);
  }

  drag(place: Point, dx: number, dy: number, way: readonly Point[]): void {
    const { pane, tool } = this;
    if (this.masks.drag(way)) return;
    if (this.marking) this.marks.drag(place, way);
    else if (tool === "scroll") this.scroll(dy);
    else if (tool === "crosshairs") pane.focusAt(...place);
    else if (tool === "rotate") pane.tilt(dx * TILT, dy * TILT);
    else applyTool(tool, pane, dx, dy);
  }

  pinch(middle: Point, dx: number, dy: number, factor: number): void {
    this.masks.cancel();
    this.marks.abandon();
    this.pane.panBy(dx, dy);
    this.pane.zoomBy(factor, ...middle);
  }

  tap(place: Point, event: PointerEvent): void {
    if (event.button === 2) this.openMenu(place);
    else if (isMaskTool(this.tool)) return;
    else if (event.button !== 1 && this.marks.tap(place)) return;
    else if (this.tool === "crosshairs") this.pane.focusAt(...place);
  }

  doubleTap(): void {
    const { workspace } = this.desk;
    if (isMaskTool(workspace.state.tools.left)) return;
    if (!this.marking && !isDrawingTool(workspace.state.tools.left)) toggleMaximized(workspace, this.pane);
  }

  longPress(place: Point): void {
    this.masks.cancel();
    this.marks.abandon();
    this.openMenu(place);
  }

  hover(place: Point | null): void {
    this.pane.setPointer(place);
    this.marks.hover(place);
  }

  end(): void {
    this.masks.end();
    this.marks.end();
    this.stage.classList.remove("hv-dragging");
  }

  private openMenu([x, y]: Point): void {
    const box = this.stage.getBoundingClientRect();
    this.desk.openPaneMenu([box.left + x, box.top + y]);
  }

  private scroll(dy: number): void {
    const { pane } = this;
    const perSlice = Math.max(FINEST, (pane.size.height * DRAG_SHARE) / Math.max(1, pane.count));
    this.leftover += dy;
    const slices = Math.trunc(this.leftover / perSlice);
    if (slices === 0) return;
    this.leftover -= slices * perSlice;
    pane.step(slices);
  }
}

const BUTTONS: readonly MouseButton[] = ["left", "middle", "right"];

/** The tool on the button that is held; Shift moves and Ctrl zooms, whatever tool is chosen. */
export function toolFor(
  event: Pick<PointerEvent, "button" | "shiftKey" | "ctrlKey">,
  tools: Readonly<Record<MouseButton, Tool>>,
): Tool {
  if (event.button === 0 && event.shiftKey) return "pan";
  if (event.button === 0 && event.ctrlKey) return "zoom";
  return tools[BUTTONS[event.button] ?? "left"];
}
