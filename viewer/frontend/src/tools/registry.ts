/** Every tool that makes annotations. A new one is a file of its own and a line here. */

import { angle } from "./angle";
import { bidirectional } from "./bidirectional";
import { box3d } from "./box3d";
import { circle } from "./circle";
import { cobb } from "./cobb";
import { collectionTool } from "./collection";
import { ellipse } from "./ellipse";
import { freehand } from "./freehand";
import { length } from "./length";
import { arrow, line } from "./lines";
import { multiPoint, point, point3d, probe } from "./points";
import { polygon } from "./polygon";
import { rectangle } from "./rectangle";
import { spline } from "./spline-outline";
import type { ToolDefinition } from "./tool";
import type { GeometryKind, GeometryValue } from "./values";

const DEFINITIONS = {
  length,
  bidirectional,
  angle,
  cobb,
  rectangle,
  ellipse,
  circle,
  polygon,
  spline,
  freehand,
  line,
  arrow,
  point,
  probe,
  "multi-point": multiPoint,
  "point-3d": point3d,
  "box-3d": box3d,
} as const;

/** A tool that draws. */
export type DrawingTool = keyof typeof DEFINITIONS;
/** `collection` draws nothing: it shows and edits values of many objects. */
export type AnnotationTool = DrawingTool | "collection";

export const DRAWING_TOOLS = Object.keys(DEFINITIONS) as readonly DrawingTool[];

export function isDrawingTool(id: string): id is DrawingTool {
  return Object.hasOwn(DEFINITIONS, id);
}

/** A tool only ever meets values that it made or that `fits` let through: `toolFor` sees to that. */
export function toolNamed(id: AnnotationTool): ToolDefinition {
  return id === "collection" ? COLLECTION : (DEFINITIONS[id] as unknown as ToolDefinition);
}

const DEFAULTS: Readonly<Partial<Record<GeometryKind, DrawingTool>>> = {
  "2DBB": "rectangle",
  M2DB: "rectangle",
  DIST: "length",
  MDIS: "length",
  POIN: "point",
  MPOI: "point",
  POLY: "polygon",
  MPOL: "polygon",
  LINE: "line",
  MLIN: "line",
  ANGL: "cobb",
  MANG: "cobb",
  "3ANG": "angle",
  M3AN: "angle",
  ELLI: "ellipse",
  MELL: "ellipse",
};

/** What a question of a kind is answered with unless the reader takes another tool. */
export function defaultTool(kind: GeometryKind): DrawingTool {
  return DEFAULTS[kind] ?? "point";
}

/** In the order in which they are tried for a value whose tool nobody named. */
const GUESSES: readonly DrawingTool[] = [
  "length", "rectangle", "spline", "freehand", "polygon", "line", "cobb", "angle", "ellipse", "point", "multi-point", "box-3d",
];

/** The named tool where it edits such a value, else one that does; null for values that no tool edits. */
export function toolFor(value: GeometryValue, named = ""): AnnotationTool | null {
  if (isDrawingTool(named) && toolNamed(named).fits(value)) return named;
  const { sub_type: subType = "" } = value as { sub_type?: string };
  const handDrawn = subType === "freehand" || subType === "brush";
  const guess = GUESSES.find((id) => (id !== "freehand" || handDrawn) && toolNamed(id).fits(value));
  return guess ?? (COLLECTION.fits(value) ? "collection" : null);
}

const COLLECTION = collectionTool((value) => {
  const tool = toolFor(value);
  return tool && toolNamed(tool);
});
