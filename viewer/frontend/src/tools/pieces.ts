/** What of an annotation a pane shows: the parts of its lines that lie in the pane's plane, a little to both sides counted in. */

import type { Vec3 } from "../core/meta";
import { between, height } from "./geometry";
import type { Cut, Path, ToolDefinition } from "./tool";
import type { GeometryValue } from "./values";

/** Rounding on the way here and back is not to take a mark off its own slice. */
const ROUNDING = 1e-3;

type Look = NonNullable<Path["look"]> | "line";

export interface Piece {
  readonly points: readonly Vec3[];
  /** Only where the whole outline is in the plane. */
  readonly closed: boolean;
  readonly look: Look;
  /** Whether the path lies in the plane as a whole; a part of one has neither head nor label. */
  readonly whole: boolean;
}

/** A path clipped to the plane: whole, in pieces, or (none) not at all. */
export function piecesIn(path: Path, cut: Cut): readonly Piece[] {
  const { points, closed } = path;
  const look: Look = path.look ?? "line";
  const reach = cut.reach + ROUNDING;
  const heights = points.map((point) => height(cut, point));
  if (heights.every((each) => Math.abs(each) <= reach)) return [{ points, closed, look, whole: true }];
  if (look === "point") return [];
  const pieces: Vec3[][] = [];
  let open: Vec3[] | null = null;
  const steps = closed ? points.length : points.length - 1;
  for (let index = 0; index < steps; index += 1) {
    const next = (index + 1) % points.length;
    const part = clipped(points[index] as Vec3, points[next] as Vec3, heights[index] as number, heights[next] as number, reach);
    if (!part) {
      open = null;
      continue;
    }
    if (open && part.fromStart) open.push(part.to);
    else pieces.push((open = [part.from, part.to]));
    if (!part.toEnd) open = null;
  }
  return pieces.map((piece) => ({ points: piece, closed: false, look: look === "arrow" ? "line" : look, whole: false }));
}

interface Part {
  readonly from: Vec3;
  readonly to: Vec3;
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

/** The part of a step within `reach` of the plane. */
function clipped(a: Vec3, b: Vec3, low: number, high: number, reach: number): Part | null {
  const slope = high - low;
  let [from, to] = [0, 1];
  if (slope === 0) {
    if (Math.abs(low) > reach) return null;
  } else {
    const crossings = [(-reach - low) / slope, (reach - low) / slope].sort((x, y) => x - y) as [number, number];
    from = Math.max(0, crossings[0]);
    to = Math.min(1, crossings[1]);
    if (from > to) return null;
  }
  return { from: between(a, b, from), to: between(a, b, to), fromStart: from === 0, toEnd: to === 1 };
}

/** Everything of a value that a plane shows. */
export function shownPieces(tool: ToolDefinition, value: GeometryValue, cut: Cut): readonly Piece[] {
  const section = tool.section?.(value, cut);
  if (section) return section.map((path): Piece => ({ ...path, look: path.look ?? "line", whole: true }));
  return tool.paths(value).flatMap((path) => piecesIn(path, cut));
}

/** Where the handles lie in a plane; null for those that are not in it. */
export function shownHandles(tool: ToolDefinition, value: GeometryValue, cut: Cut): readonly (Vec3 | null)[] {
  const own = tool.handlesIn?.(value, cut);
  if (own) return own;
  return tool.handles(value).map((handle) => (Math.abs(height(cut, handle)) <= cut.reach + ROUNDING ? handle : null));
}
