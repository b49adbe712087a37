/** Drawing and moving annotations by mouse, pen and fingers. `PointerInput` asks first; what is not taken here goes on there. */

import { dot, subtract, along } from "../render/vectors";
import type { GeometryValue, Pane, Tool, Workspace } from "../state/workspace";
import { type Hit, NEAR, hitAt } from "../tools/hits";
import { type DrawingTool, isDrawingTool, toolNamed } from "../tools/registry";
import { withPoints } from "../tools/values";
import type { Vec3 } from "../core/meta";
import type { Point } from "./gestures";
import type { MarkLayer } from "./mark-layer";

interface Grab {
  readonly kind: "grab";
  readonly hit: Hit;
  readonly value: GeometryValue;
  /** Where it was taken hold of, in the patient. */
  readonly from: Vec3;
  readonly editable: boolean;
}

type Going = Grab | { readonly kind: "place" | "stroke"; readonly tool: DrawingTool };

export class MarkPointer {
  private readonly workspace: Workspace;
  private readonly pane: Pane;
  private readonly layer: MarkLayer;
  private readonly stage: HTMLElement;
  private going: Going | null = null;
  private pressed: Point = [0, 0];
  private last: Point = [0, 0];
  private moved = false;
  private near: (typeof NEAR)["mouse" | "touch"] = NEAR.mouse;

  constructor(options: { workspace: Workspace; pane: Pane; layer: MarkLayer; stage: HTMLElement }) {
    this.workspace = options.workspace;
    this.pane = options.pane;
    this.layer = options.layer;
    this.stage = options.stage;
  }

  /** Whether the gesture that begins here is about marks. */
  start(event: Pick<PointerEvent, "button" | "shiftKey" | "ctrlKey" | "pointerType">, place: Point, tool: Tool): boolean {
    this.going = null;
    this.moved = false;
    this.pressed = place;
    this.last = place;
    this.near = event.pointerType === "touch" ? NEAR.touch : NEAR.mouse;
    // A pen's other end (5) holds what the left button holds.
    if ((event.button !== 0 && event.button !== 5) || event.shiftKey || event.ctrlKey) return false;
    this.going = this.begun(place, tool);
    return this.going !== null;
  }

  /** `way`: all places that the pointer went over since the last time, this one too. */
  drag(place: Point, way: readonly Point[] = [place]): void {
    const { going } = this;
    if (!going) return;
    const first = !this.moved;
    this.moved = true;
    this.last = place;
    if (going.kind === "grab") this.pull(going, place);
    else if (going.kind === "stroke") {
      if (first) this.stroke(going.tool, this.pressed);
      way.forEach((each) => { this.stroke(going.tool, each); });
    } else {
      if (first && !this.workspace.drawing.draft) this.place(going.tool, this.pressed);
      this.workspace.drawing.hover(this.pane.worldAt(...place));
    }
  }

  /** Came down and up at one place. */
  tap(place: Point): boolean {
    const { going, workspace } = this;
    if (going?.kind === "place" || (going?.kind === "stroke" && workspace.drawing.draft)) this.place(going.tool, place);
    else if (going?.kind === "grab") workspace.annotations.select(going.hit.id);
    else if (!going) workspace.annotations.select(null);
    return going !== null;
  }

  end(): void {
    const { going, workspace } = this;
    this.going = null;
    if (!going || !this.moved) return;
    if (going.kind === "grab") workspace.annotations.settle();
    else if (going.kind === "place") this.place(going.tool, this.last);
    else if (!workspace.drawing.finish()) workspace.drawing.cancel();
  }

  /** Two fingers: what one of them began is not meant. */
  abandon(): void {
    if (this.going?.kind === "grab") this.workspace.annotations.abandon();
    else if (this.going?.kind === "stroke") this.workspace.drawing.cancel();
    this.going = null;
  }

  hover(place: Point | null): void {
    if (this.going) return;
    const { drawing, state } = this.workspace;
    if (drawing.draft) drawing.hover(place && this.pane.worldAt(...place));
    const hit = place && !drawing.draft ? this.hit(place, state.tools.left) : null;
    this.stage.dataset.over = hit ? (hit.handle === null ? "line" : "handle") : "";
  }

  private begun(place: Point, tool: Tool): Going | null {
    const { drawing, annotations } = this.workspace;
    const drawingTool = isDrawingTool(tool) ? tool : null;
    const hit = drawingTool && drawing.draft ? null : this.hit(place, tool);
    if (hit) {
      const annotation = annotations.get(hit.id);
      const from = this.pane.worldAt(...place);
      if (annotation && from) return { kind: "grab", hit, value: annotation.value, from, editable: annotation.editable };
    }
    if (!drawingTool) return null;
    return { kind: toolNamed(drawingTool).takes.by === "stroke" ? "stroke" : "place", tool: drawingTool };
  }

  /** While a tool draws, lines of other marks do not get in its way. */
  private hit(place: Point, tool: Tool): Hit | null {
    const { selected } = this.workspace.annotations;
    const shapes = isDrawingTool(tool) ? this.layer.shapes.filter(({ id }) => id === selected?.id) : this.layer.shapes;
    return hitAt(shapes, place, this.near);
  }

  private pull({ hit, value, from, editable }: Grab, place: Point): void {
    const { annotations } = this.workspace;
    const to = this.pane.worldAt(...place);
    const tool = annotations.get(hit.id)?.tool;
    const facing = this.pane.cut?.facing;
    annotations.select(hit.id);
    if (!to || !tool || !facing || !editable) return;
    const way = subtract(to, from);
    if (hit.handle === null) {
      annotations.preview(hit.id, withPoints(value, (point) => [point[0] + way[0], point[1] + way[1], point[2] + way[2]]));
      return;
    }
    const handle = this.handleAt(hit, value, tool);
    // It stays as far before or behind the plane as it was.
    const there = handle ? along(to, facing.normal, dot(subtract(handle, to), facing.normal)) : to;
    annotations.preview(hit.id, toolNamed(tool).moved(value, hit.handle, there, facing));
  }

  private handleAt({ handle }: Hit, value: GeometryValue, tool: Parameters<typeof toolNamed>[0]): Vec3 | null {
    const { cut } = this.pane;
    const definition = toolNamed(tool);
    const list = (cut && definition.handlesIn?.(value, cut)) ?? definition.handles(value);
    return list[handle ?? 0] ?? null;
  }

  private stroke(tool: DrawingTool, place: Point): void {
    const { ground } = this.pane;
    const world = this.pane.worldAt(...place);
    if (ground && world) this.workspace.drawing.stroke(tool, ground, world);
  }

  private place(tool: DrawingTool, place: Point): void {
    const { ground } = this.pane;
    const world = this.pane.worldAt(...place);
    if (ground && world) this.workspace.drawing.place(tool, ground, world, endsDraft(this.workspace, this.pane, place, this.near.line));
  }
}

/** Whether a place is the last one again, or the first one of a closed outline with enough of them. */
export function endsDraft({ drawing }: Workspace, pane: Pane, [x, y]: Point, within: number): boolean {
  const { draft } = drawing;
  if (!draft) return false;
  const { takes } = toolNamed(draft.tool);
  if (takes.by === "points" || draft.places.length < takes.least) return false;
  const on = (world: Vec3 | undefined): boolean => {
    if (!world) return false;
    const [px, py] = pane.project(world);
    return Math.hypot(px - x, py - y) <= within;
  };
  const closes = takes.by === "stroke" || takes.closed;
  return on(draft.places.at(-1)) || (closes && on(draft.places[0]));
}
