/** What the pointer does with a tool of segmentation: every place it was at counts, also those between two frames. */

import { type MaskTool, isBrush, isMaskTool } from "../core/masks/tools";
import type { Pane, Tool, Workspace } from "../state/workspace";
import type { Point } from "./gestures";
import type { MaskMarks } from "./mask-marks";

/** `PointerEvent.buttons` of the other end of a pen. */
const PEN_ERASER = 32;

export class MaskInput {
  private readonly workspace: Workspace;
  private readonly pane: Pane;
  private readonly marks: MaskMarks;
  private working = false;

  constructor(workspace: Workspace, pane: Pane, marks: MaskMarks) {
    this.workspace = workspace;
    this.pane = pane;
    this.marks = marks;
    workspace.maskHand.on("outline", (points) => { if (this.working || points === null) marks.showOutline(points); });
  }

  /** Begins, if the tool is one of segmentation; tells whether it is. */
  start(tool: Tool, event: PointerEvent, place: Point): boolean {
    this.working = isMaskTool(tool);
    if (this.working) this.workspace.maskHand.start(toolOf(tool as MaskTool, event), this.pane, place);
    return this.working;
  }

  /** `way`: all places since the last time, in order. Tells whether it took them. */
  drag(way: readonly Point[]): boolean {
    if (!this.working) return false;
    this.workspace.maskHand.move(way);
    this.marks.showBrush(way.at(-1) ?? null);
    return true;
  }

  /** Something else than a stroke after all: two fingers, or a long press. */
  cancel(): void {
    if (this.working) this.workspace.maskHand.cancel();
    this.working = false;
  }

  end(): void {
    if (this.working) this.workspace.maskHand.finish();
    this.working = false;
  }
}

/** The other end of a pen erases; so does a brush while Alt is held. */
function toolOf(tool: MaskTool, event: PointerEvent): MaskTool {
  const erases = (event.buttons & PEN_ERASER) !== 0 || event.altKey;
  return isBrush(tool) && erases ? "eraser" : tool;
}
