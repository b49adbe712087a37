/**
 * Segmentation by keys alone: Enter brings a cursor to the picture, arrows move it, Enter puts the brush down and lifts it
 * again. Scissors cut when Enter is pressed a second time; fill and growing act at once.
 */

import { type MaskTool, isBrush, isMaskTool, isScissors } from "../core/masks/tools";
import { atOwnTimepoint } from "../state/masks";
import type { Pane, Workspace } from "../state/workspace";
import type { Command } from "./commands";
import type { KeyCursor, MarkLayer } from "./mark-layer";
import type { MaskMarks } from "./mask-marks";
import { MASK_TOOL_WORDS } from "./mask-words";

/** Pixels that a key moves by; Shift is for the last ones. */
const STEP = 10;
const FINE = 1;
const GROWS = 1.2;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  arrowleft: [-1, 0],
  arrowright: [1, 0],
  arrowup: [0, -1],
  arrowdown: [0, 1],
};

/** What lies over the picture of a pane. */
export interface Over {
  readonly marks: MarkLayer;
  readonly masks: MaskMarks;
}

export class MaskKeys {
  private readonly workspace: Workspace;
  private readonly overOf: (pane: Pane) => Over | undefined;

  constructor(workspace: Workspace, overOf: (pane: Pane) => Over | undefined) {
    this.workspace = workspace;
    this.overOf = overOf;
  }

  /** Whether a key of the picture was about masks. */
  take(key: string, pane: Pane): boolean {
    const over = this.overOf(pane);
    const tool = this.workspace.state.tools.left;
    if (!over || !isMaskTool(tool)) return false;
    const taken = over.marks.cursor ? this.working(key, { pane, tool, over, cursor: over.marks.cursor }) : this.idle(key, pane, over);
    if (taken) this.show(over);
    return taken;
  }

  /** The cursor belongs to where it was called for; what it drew stays. */
  leave(pane: Pane): void {
    const over = this.overOf(pane);
    if (!over?.marks.cursor || !isMaskTool(this.workspace.state.tools.left)) return;
    this.workspace.maskHand.finish();
    over.marks.cursor = null;
    this.show(over);
  }

  private idle(key: string, pane: Pane, over: Over): boolean {
    if (key === "escape") return this.workspace.maskHand.cancel();
    if (key !== "enter") return false;
    const [x, y] = pane.state.pointer ?? [pane.size.width / 2, pane.size.height / 2];
    over.marks.cursor = { x, y };
    return true;
  }

  private working(key: string, at: { pane: Pane; tool: MaskTool; over: Over; cursor: KeyCursor }): boolean {
    const { pane, tool, over, cursor } = at;
    const { maskHand } = this.workspace;
    const arrow = arrowOf(key);
    if (arrow) {
      const { width, height } = pane.size;
      const moved = { x: within(cursor.x + arrow[0], width), y: within(cursor.y + arrow[1], height) };
      over.marks.cursor = moved;
      maskHand.move([[moved.x, moved.y]]);
      return true;
    }
    if (key === "escape") {
      if (!maskHand.cancel()) over.marks.cursor = null;
      return true;
    }
    if (key !== "enter") return false;
    const draws = isBrush(tool) || isScissors(tool);
    if (draws && maskHand.busy) maskHand.finish();
    else maskHand.start(tool, pane, [cursor.x, cursor.y]);
    return true;
  }

  private show({ marks, masks }: Over): void {
    marks.show();
    masks.showBrush(marks.cursor ? [marks.cursor.x, marks.cursor.y] : null);
  }
}

function arrowOf(key: string): readonly [number, number] | null {
  const fine = key.startsWith("shift+");
  const way = ARROWS[fine ? key.slice(6) : key];
  if (!way) return null;
  const step = fine ? FINE : STEP;
  return [way[0] * step, way[1] * step];
}

function within(value: number, size: number): number {
  return Math.min(size - 1, Math.max(0, value));
}

export const MASK_COMMANDS: readonly Command[] = [
  { group: "Masks", keys: ["/"], shown: "/", meaning: "Brush; again for the eraser", run: (_pane, { workspace, refocus }) => {
    workspace.setTool("left", workspace.state.tools.left === "brush" ? "eraser" : "brush");
    refocus();
  } },
  { group: "Masks", keys: ["#"], shown: "#", meaning: "Panel of masks", run: (_pane, desk) => { desk.togglePanel("masks"); } },
  { group: "Masks", keys: [":"], shown: ":", meaning: "Next tool of segmentation", run: (_pane, { workspace }) => { nextTool(workspace, 1); } },
  { group: "Masks", keys: ["\""], shown: "\"", meaning: "Previous tool of segmentation", run: (_pane, { workspace }) => { nextTool(workspace, -1); } },
  { group: "Masks", keys: [")"], shown: ")", meaning: "Larger brush", run: (_pane, { workspace }) => { resize(workspace, GROWS); } },
  { group: "Masks", keys: ["("], shown: "(", meaning: "Smaller brush", run: (_pane, { workspace }) => { resize(workspace, 1 / GROWS); } },
  { group: "Masks", keys: ["&"], shown: "&", meaning: "Next segment", run: (pane, { workspace }) => { nextSegment(workspace, pane); } },
  { group: "Masks", keys: ["%"], shown: "%", meaning: "Fill the slices between drawn ones", run: (pane, { workspace }) => { void workspace.maskHand.interpolate(pane); } },
];

function nextTool(workspace: Workspace, by: 1 | -1): void {
  const place = MASK_TOOL_WORDS.findIndex(({ id }) => id === workspace.state.tools.left);
  const start = place < 0 && by < 0 ? 0 : place;
  const next = MASK_TOOL_WORDS[(start + by + MASK_TOOL_WORDS.length) % MASK_TOOL_WORDS.length];
  if (next) workspace.setTool("left", next.id);
}

function resize({ masks }: Workspace, factor: number): void {
  masks.set({ radius: Number((masks.settings.radius * factor).toPrecision(3)) });
}

function nextSegment({ masks }: Workspace, { layer, state }: Pane): void {
  const mask = layer && masks.activeFor(layer, atOwnTimepoint(layer, state));
  if (!mask) return;
  const place = mask.segments.findIndex(({ value }) => value === mask.segment?.value);
  const next = mask.segments[(place + 1) % mask.segments.length];
  if (next) masks.chooseSegment(mask, next.value);
}
