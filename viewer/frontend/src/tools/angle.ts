import { subtract } from "../render/vectors";
import { SAME_PLACE, degreesBetween, distance, replaceAt } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type ThreePointAngleValue, VERSION } from "./values";

/** The angle at the second of three places. */
export const angle: ToolDefinition<ThreePointAngleValue> = {
  id: "angle",
  kind: "3ANG",
  takes: { by: "points", count: 3 },
  make([start, vertex, end]) {
    if (!start || !vertex || !end) return null;
    if (distance(start, vertex) < SAME_PLACE || distance(vertex, end) < SAME_PLACE) return null;
    return { type: "Three-point angle", version: VERSION, angle: [start, vertex, end] };
  },
  fits: (value) => value.type === "Three-point angle",
  handles: (value) => value.angle,
  moved: (value, index, to) => ({ ...value, angle: replaceAt(value.angle, index, to) }),
  paths: (value) => [{ points: value.angle, closed: false }],
  figures({ angle: [start, vertex, end] }) {
    if (!start || !vertex || !end) return [];
    const degrees = degreesBetween(subtract(start, vertex), subtract(end, vertex));
    return degrees === null ? [] : [{ name: "Angle", value: degrees, unit: "°" }];
  },
};
