/** Tools that make lines: a curve through places, and an arrow, which is a line from its tail to its head. */

import type { Vec3 } from "../core/meta";
import { SAME_PLACE, distance, pathLength, replaceAt, withoutRepeats } from "./geometry";
import { splineParts } from "./spline";
import type { ToolDefinition } from "./tool";
import { type GeometryValue, type LineValue, VERSION } from "./values";

function isLine(value: GeometryValue): value is LineValue {
  return value.type === "Line" && value.seed_points.length > 1;
}

/** All points of its parts, joints once. */
export function pointsOfLine({ seed_points, path_point_lists }: LineValue): readonly Vec3[] {
  const points = path_point_lists.flatMap((part, index) => (index === 0 ? part : part.slice(1)));
  return points.length > 1 ? points : seed_points;
}

export const line: ToolDefinition<LineValue> = {
  id: "line",
  kind: "LINE",
  takes: { by: "path", least: 2, closed: false },
  make(places) {
    const seeds = withoutRepeats(places);
    if (seeds.length < 2) return null;
    return { type: "Line", version: VERSION, seed_points: seeds, path_point_lists: splineParts(seeds, false) };
  },
  fits: isLine,
  handles: ({ seed_points }) => seed_points,
  moved(value, index, to) {
    const seeds = replaceAt(value.seed_points, index, to);
    return { ...value, seed_points: seeds, path_point_lists: splineParts(seeds, false) };
  },
  paths: (value) => [{ points: pointsOfLine(value), closed: false }],
  figures: (value) => [{ name: "Length", value: pathLength(pointsOfLine(value)), unit: "mm" }],
};

export const arrow: ToolDefinition<LineValue> = {
  id: "arrow",
  kind: "LINE",
  takes: { by: "points", count: 2 },
  make([tail, head]) {
    if (!tail || !head || distance(tail, head) < SAME_PLACE) return null;
    return { type: "Line", version: VERSION, seed_points: [tail, head], path_point_lists: [[tail, head]] };
  },
  fits: (value) => isLine(value) && value.seed_points.length === 2,
  handles: ({ seed_points }) => seed_points,
  moved(value, index, to) {
    const seeds = replaceAt(value.seed_points, index, to);
    return { ...value, seed_points: seeds, path_point_lists: [seeds] };
  },
  paths: ({ seed_points }) => [{ points: seed_points, closed: false, look: "arrow" }],
  figures: () => [],
};
