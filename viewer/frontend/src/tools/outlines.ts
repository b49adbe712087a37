/** What polygon, spline and freehand share: a closed outline as a value. */

import type { Vec3 } from "../core/meta";
import { areaOf, pathLength } from "./geometry";
import type { Figure } from "./tool";
import { type GeometryValue, type PolygonValue, VERSION } from "./values";

export type SubType = "polygon" | "spline" | "freehand";

export function outlineValue(points: readonly Vec3[], subType: SubType): PolygonValue {
  return {
    type: "Polygon",
    version: VERSION,
    seed_point: points[0] as Vec3,
    path_points: points,
    sub_type: subType,
    groups: [],
  };
}

/** The same value (its name, groups and probability) with another outline. */
export function withOutline(value: PolygonValue, points: readonly Vec3[]): PolygonValue {
  return { ...value, seed_point: points[0] ?? value.seed_point, path_points: points };
}

export function isOutline(value: GeometryValue): value is PolygonValue {
  return value.type === "Polygon" && value.path_points.length > 0;
}

export function outlineFigures({ path_points }: PolygonValue): readonly Figure[] {
  return [
    { name: "Area", value: areaOf(path_points), unit: "mm²" },
    { name: "Perimeter", value: pathLength(path_points, true), unit: "mm" },
  ];
}
