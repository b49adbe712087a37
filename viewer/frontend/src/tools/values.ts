/**
 * Geometry values of sockets: what annotations are, saved and exchanged as. Points are LPS millimetres.
 * The schemas are the site's (`app/sockets/schemas/kinds`); nothing but what they allow may be in a value.
 */

import type { Vec3 } from "../core/meta";
import { without } from "../core/objects";

export const VERSION = { major: 1, minor: 0 } as const;

interface Common {
  readonly version: { readonly major: number; readonly minor: number };
  readonly name?: string | null;
}

interface One<Type extends string> extends Common {
  readonly type: Type;
  readonly probability?: number;
}

/** One of several: the same without a version of its own. */
export type Item<V extends One<string>> = Omit<V, "version" | "type"> & { readonly type?: V["type"] };

interface Many<Type extends string> extends Common {
  readonly type: Type;
}

export type Segment = readonly [start: Vec3, end: Vec3];

export interface BoxValue extends One<"2D bounding box"> {
  readonly corners: readonly Vec3[];
}
export interface DistanceValue extends One<"Distance measurement"> {
  readonly start: Vec3;
  readonly end: Vec3;
}
export interface PointValue extends One<"Point"> {
  readonly point: Vec3;
}
export interface PolygonValue extends One<"Polygon"> {
  readonly seed_point: Vec3;
  readonly path_points: readonly Vec3[];
  readonly sub_type: string;
  readonly groups: readonly string[];
}
export interface LineValue extends One<"Line"> {
  readonly seed_points: readonly Vec3[];
  /** Between each two seed points, both included. */
  readonly path_point_lists: readonly (readonly Vec3[])[];
}
export interface AngleValue extends One<"Angle"> {
  readonly lines: readonly Segment[];
}
export interface ThreePointAngleValue extends One<"Three-point angle"> {
  readonly angle: readonly Vec3[];
}
export interface EllipseValue extends One<"Ellipse"> {
  readonly major_axis: Segment;
  readonly minor_axis: Segment;
}

export interface BoxesValue extends Many<"Multiple 2D bounding boxes"> {
  readonly boxes: readonly Item<BoxValue>[];
}
export interface DistancesValue extends Many<"Multiple distance measurements"> {
  readonly lines: readonly Item<DistanceValue>[];
}
export interface PointsValue extends Many<"Multiple points"> {
  readonly points: readonly Item<PointValue>[];
}
export interface PolygonsValue extends Many<"Multiple polygons"> {
  readonly polygons: readonly Item<PolygonValue>[];
}
export interface LinesValue extends Many<"Multiple lines"> {
  readonly lines: readonly Item<LineValue>[];
}
export interface AnglesValue extends Many<"Multiple angles"> {
  readonly angles: readonly Item<AngleValue>[];
}
export interface ThreePointAnglesValue extends Many<"Multiple three-point angles"> {
  readonly angles: readonly Item<ThreePointAngleValue>[];
}
export interface EllipsesValue extends Many<"Multiple ellipses"> {
  readonly ellipses: readonly Item<EllipseValue>[];
}

export type SingleValue =
  | BoxValue
  | DistanceValue
  | PointValue
  | PolygonValue
  | LineValue
  | AngleValue
  | ThreePointAngleValue
  | EllipseValue;

export type MultipleValue =
  | BoxesValue
  | DistancesValue
  | PointsValue
  | PolygonsValue
  | LinesValue
  | AnglesValue
  | ThreePointAnglesValue
  | EllipsesValue;

export type GeometryValue = SingleValue | MultipleValue;

/** Keys of socket kinds, and of the answer types that are alike. */
export type SingleKind = "2DBB" | "DIST" | "POIN" | "POLY" | "LINE" | "ANGL" | "3ANG" | "ELLI";
export type MultipleKind = "M2DB" | "MDIS" | "MPOI" | "MPOL" | "MLIN" | "MANG" | "M3AN" | "MELL";
export type GeometryKind = SingleKind | MultipleKind;

const TYPES: Readonly<Record<GeometryKind, GeometryValue["type"]>> = {
  "2DBB": "2D bounding box",
  DIST: "Distance measurement",
  POIN: "Point",
  POLY: "Polygon",
  LINE: "Line",
  ANGL: "Angle",
  "3ANG": "Three-point angle",
  ELLI: "Ellipse",
  M2DB: "Multiple 2D bounding boxes",
  MDIS: "Multiple distance measurements",
  MPOI: "Multiple points",
  MPOL: "Multiple polygons",
  MLIN: "Multiple lines",
  MANG: "Multiple angles",
  M3AN: "Multiple three-point angles",
  MELL: "Multiple ellipses",
};

const KINDS = new Map(Object.entries(TYPES).map(([kind, type]) => [type as string, kind as GeometryKind]));

export function typeOf(kind: GeometryKind): GeometryValue["type"] {
  return TYPES[kind];
}

export function kindOf(value: Pick<GeometryValue, "type">): GeometryKind {
  return KINDS.get(value.type) as GeometryKind;
}

export function isGeometryType(type: unknown): type is GeometryValue["type"] {
  return typeof type === "string" && KINDS.has(type);
}

/** The kind of many for the kind of one. */
export const MANY_OF: Readonly<Record<SingleKind, MultipleKind>> = {
  "2DBB": "M2DB",
  DIST: "MDIS",
  POIN: "MPOI",
  POLY: "MPOL",
  LINE: "MLIN",
  ANGL: "MANG",
  "3ANG": "M3AN",
  ELLI: "MELL",
};

/** Name of the list that a value of many holds. */
export const LISTS: Readonly<Record<MultipleKind, string>> = {
  M2DB: "boxes",
  MDIS: "lines",
  MPOI: "points",
  MPOL: "polygons",
  MLIN: "lines",
  MANG: "angles",
  M3AN: "angles",
  MELL: "ellipses",
};

function isPoint(part: unknown): part is Vec3 {
  return Array.isArray(part) && part.length === 3 && part.every((place) => typeof place === "number");
}

/** The same value with every point moved by `move`. Points are the only triples of numbers that values hold. */
export function withPoints<V extends GeometryValue>(value: V, move: (point: Vec3) => Vec3): V {
  const walk = (part: unknown): unknown => {
    if (isPoint(part)) return move(part);
    if (Array.isArray(part)) return part.map(walk);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value) as V;
}

export function pointsOf(value: GeometryValue): readonly Vec3[] {
  const found: Vec3[] = [];
  withPoints(value, (point) => {
    found.push(point);
    return point;
  });
  return found;
}

/** A value of many with one of its objects replaced; of the object only what an item may hold. */
export function withItem(value: GeometryValue, list: string, place: number, item: SingleValue): GeometryValue {
  const rest = without(item, "version", "type");
  const items = (value as unknown as Readonly<Record<string, readonly object[]>>)[list] ?? [];
  return { ...value, [list]: items.map((each, index) => (index === place ? { ...each, ...rest } : each)) };
}
