/** The angle between two lines that need not meet, as along the end plates of two vertebrae (Cobb 1948). */

import type { Vec3 } from "../core/meta";
import { subtract } from "../render/vectors";
import { SAME_PLACE, degreesBetween, distance, middle } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type AngleValue, type Segment, VERSION } from "./values";

function ends({ lines }: AngleValue): readonly Vec3[] {
  return lines.flat();
}

function fromEnds(points: readonly Vec3[]): readonly Segment[] {
  const [a, b, c, d] = points as readonly [Vec3, Vec3, Vec3, Vec3];
  return [[a, b], [c, d]];
}

/** Lines have no direction: of the two angles the smaller one. */
export function cobbAngle([first, second]: readonly Segment[]): number | null {
  if (!first || !second) return null;
  const degrees = degreesBetween(subtract(first[1], first[0]), subtract(second[1], second[0]));
  return degrees === null ? null : Math.min(degrees, 180 - degrees);
}

export const cobb: ToolDefinition<AngleValue> = {
  id: "cobb",
  kind: "ANGL",
  takes: { by: "points", count: 4 },
  make(places) {
    const [a, b, c, d] = places;
    if (!a || !b || !c || !d || distance(a, b) < SAME_PLACE || distance(c, d) < SAME_PLACE) return null;
    return { type: "Angle", version: VERSION, lines: fromEnds(places) };
  },
  fits: (value) => value.type === "Angle",
  handles: ends,
  moved: (value, index, to) => ({ ...value, lines: fromEnds(ends(value).map((point, place) => (place === index ? to : point))) }),
  paths({ lines }) {
    const drawn = lines.map((points) => ({ points, closed: false }));
    const [first, second] = lines;
    if (!first || !second) return drawn;
    return [...drawn, { points: [middle(...first), middle(...second)], closed: false, look: "thin" }];
  },
  figures({ lines }) {
    const degrees = cobbAngle(lines);
    return degrees === null ? [] : [{ name: "Angle", value: degrees, unit: "°" }];
  },
};
