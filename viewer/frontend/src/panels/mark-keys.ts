/**
 * Annotations by keys alone. With a drawing tool, Enter brings a cursor to the picture: arrows move it, Enter gives a
 * place, Enter twice at one place ends an outline. Enter on a selected mark takes hold of its handles, one after the other.
 */

import type { Vec3 } from "../core/meta";
import { tell } from "../core/reading-messages";
import { along, cross } from "../render/vectors";
import type { Pane, Workspace } from "../state/workspace";
import { shownHandles } from "../tools/pieces";
import { isDrawingTool, toolNamed } from "../tools/registry";
import { withPoints } from "../tools/values";
import type { Desk } from "./desk";
import type { MarkLayer } from "./mark-layer";
import { endsDraft } from "./mark-pointer";

const STEP = 10;
const FINE = 1;
const SAME = 1;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  arrowleft: [-1, 0],
  arrowright: [1, 0],
  arrowup: [0, -1],
  arrowdown: [0, 1],
};

export class MarkKeys {
  private readonly desk: Desk;
  private readonly layerOf: (pane: Pane) => MarkLayer | undefined;

  constructor(desk: Desk, layerOf: (pane: Pane) => MarkLayer | undefined) {
    this.desk = desk;
    this.layerOf = layerOf;
  }

  /** Whether a key of the picture was about marks. */
  take(key: string, pane: Pane): boolean {
    const layer = this.layerOf(pane);
    if (!layer) return false;
    const taken = layer.held ? this.holding(key, pane, layer) : layer.cursor ? this.placing(key, pane, layer) : this.idle(key, pane, layer);
    if (taken) layer.show();
    return taken;
  }

  /** The cursor and what it holds belong to where they were called for. */
  leave(pane: Pane): void {
    const layer = this.layerOf(pane);
    if (!layer?.cursor && !layer?.held) return;
    layer.cursor = null;
    layer.held = null;
    this.desk.workspace.annotations.settle();
    layer.show();
  }

  private idle(key: string, pane: Pane, layer: MarkLayer): boolean {
    const { workspace } = this.desk;
    const { annotations, drawing, state } = workspace;
    const { selected } = annotations;
    switch (key) {
      case "enter":
        if (isDrawingTool(state.tools.left)) return this.callCursor(pane, layer);
        return selected !== null && this.hold(pane, layer, 0);
      case "shift+enter":
        return selected !== null && this.hold(pane, layer, 0);
      case "escape":
        return this.goBack(drawing.cancel());
      case "delete":
      case "backspace":
        if (drawing.back()) return true;
        if (!selected?.editable) return false;
        annotations.remove(selected.id);
        return true;
      default:
        return false;
    }
  }

  /** One thing after the other: the draft, the selection, then the question that asked for it. */
  private goBack(cancelled: boolean): boolean {
    const { annotations } = this.desk.workspace;
    if (cancelled) return true;
    if (annotations.selected) {
      annotations.select(null);
      return true;
    }
    if (!annotations.asked) return false;
    tell("hounsfield:panel", { key: annotations.asked.id });
    return true;
  }

  private callCursor(pane: Pane, layer: MarkLayer): boolean {
    const { width, height } = pane.size;
    const [x, y] = pane.state.pointer ?? [width / 2, height / 2];
    layer.cursor = { x, y };
    return true;
  }

  private placing(key: string, pane: Pane, layer: MarkLayer): boolean {
    const { workspace } = this.desk;
    const { drawing } = workspace;
    const tool = workspace.state.tools.left;
    const { cursor } = layer;
    if (!cursor || !isDrawingTool(tool)) {
      layer.cursor = null;
      return false;
    }
    const arrow = arrowOf(key);
    if (arrow) {
      const { width, height } = pane.size;
      const [x, y] = [within(cursor.x + arrow[0], width), within(cursor.y + arrow[1], height)];
      layer.cursor = { x, y };
      drawing.hover(pane.worldAt(x, y));
      return true;
    }
    switch (key) {
      case "enter": {
        const { ground } = pane;
        const world = pane.worldAt(cursor.x, cursor.y);
        const before = drawing.draft;
        if (ground && world) drawing.place(tool, ground, world, endsDraft(workspace, pane, [cursor.x, cursor.y], SAME));
        if (before && !drawing.draft) layer.cursor = null;
        else if (toolNamed(tool).takes.by === "points" && !drawing.draft) layer.cursor = null;
        return true;
      }
      case "backspace":
        return drawing.back();
      case "escape":
        drawing.cancel();
        layer.cursor = null;
        return true;
      default:
        return false;
    }
  }

  /** Takes hold of the first handle from `from` on that is in this plane; behind the last one comes the mark as a whole. */
  private hold(pane: Pane, layer: MarkLayer, from: number): boolean {
    const mark = selectedMark(this.desk.workspace, pane);
    if (!mark?.annotation.editable) return false;
    const count = mark.handles.length;
    for (let handle = from; handle < count; handle += 1) {
      if (!mark.handles[handle]) continue;
      layer.held = { id: mark.annotation.id, handle };
      return true;
    }
    layer.held = { id: mark.annotation.id, handle: from > count ? 0 : count };
    return true;
  }

  private holding(key: string, pane: Pane, layer: MarkLayer): boolean {
    const { annotations } = this.desk.workspace;
    const { held } = layer;
    const annotation = held && annotations.get(held.id);
    if (!held || !annotation || annotations.selected?.id !== held.id) {
      layer.held = null;
      return false;
    }
    const arrow = arrowOf(key);
    if (arrow) {
      this.move(pane, held, arrow);
      return true;
    }
    switch (key) {
      case "enter":
      case "shift+enter":
        annotations.settle();
        return this.hold(pane, layer, held.handle + 1);
      case "escape":
        annotations.settle();
        layer.held = null;
        return true;
      case "delete":
      case "backspace":
        layer.held = null;
        annotations.abandon();
        annotations.remove(held.id);
        return true;
      default:
        return false;
    }
  }

  private move(pane: Pane, held: NonNullable<MarkLayer["held"]>, arrow: readonly [number, number]): void {
    const { annotations } = this.desk.workspace;
    const annotation = annotations.get(held.id);
    const { camera, cut } = pane;
    if (!annotation || !camera || !cut) return;
    const millimetres = (2 * camera.parallelScale) / pane.size.height;
    const right = cross(camera.viewUp, camera.viewPlaneNormal);
    const shifted = (point: Vec3): Vec3 => along(along(point, right, arrow[0] * millimetres), camera.viewUp, -arrow[1] * millimetres);
    const tool = toolNamed(annotation.tool);
    const handle = shownHandles(tool, annotation.value, cut)[held.handle];
    const value = handle ? tool.moved(annotation.value, held.handle, shifted(handle), cut.facing) : withPoints(annotation.value, shifted);
    annotations.preview(held.id, value);
  }
}

function selectedMark({ annotations }: Workspace, pane: Pane): Pane["marks"][number] | undefined {
  return pane.marks.find((mark) => mark.annotation.id === annotations.selected?.id);
}

/** Pixels that a key moves by; Shift is for the last ones. */
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
