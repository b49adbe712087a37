import type { Vec3 } from "../core/meta";
import type { Facing } from "../render/sections";
import { along, cross, length, negate, scale, subtract, unit } from "../render/vectors";
import { SAME_PLACE, distance, ellipsePoints, middle, rectangleBetween } from "./geometry";
import type { Path, ToolDefinition } from "./tool";
import { type EllipseValue, type Segment, VERSION } from "./values";

/** Points of a drawn outline: less than a thousandth of the axis away from the curve. */
const OUTLINE_POINTS = 96;

export function centerOfEllipse({ major_axis: [a, b] }: EllipseValue): Vec3 {
  return middle(a, b);
}

/** The longer axis first. */
export function ellipseOf(first: Segment, second: Segment): EllipseValue {
  const [major, minor] = distance(...first) >= distance(...second) ? [first, second] : [second, first];
  return { type: "Ellipse", version: VERSION, major_axis: major, minor_axis: minor };
}

export function outlineOf(value: EllipseValue, count = OUTLINE_POINTS): readonly Vec3[] {
  const center = centerOfEllipse(value);
  return ellipsePoints(center, subtract(value.major_axis[1], center), subtract(value.minor_axis[1], center), count);
}

export function axesHandles({ major_axis, minor_axis }: EllipseValue): readonly Vec3[] {
  return [...major_axis, ...minor_axis];
}

export function ellipsePaths(value: EllipseValue): readonly Path[] {
  return [{ points: outlineOf(value), closed: true }];
}

/** Its normal, even while it is drawn to a line. */
function planeNormal({ major_axis, minor_axis }: EllipseValue, facing: Facing): Vec3 {
  return unit(cross(subtract(major_axis[1], major_axis[0]), subtract(minor_axis[1], minor_axis[0])), facing.normal);
}

/** End `index` (0, 1 of the major, 2, 3 of the minor axis) taken elsewhere: the center stays, the other axis turns along. */
function endMoved(value: EllipseValue, index: number, to: Vec3, facing: Facing): EllipseValue {
  const center = centerOfEllipse(value);
  const out = subtract(to, center);
  if (length(out) < SAME_PLACE) return value;
  const moved: Segment = index % 2 === 0 ? [to, along(center, out, -1)] : [along(center, out, -1), to];
  const other = index < 2 ? value.minor_axis : value.major_axis;
  const before = subtract(other[1], other[0]);
  const across = unit(cross(planeNormal(value, facing), out));
  const same = across[0] * before[0] + across[1] * before[1] + across[2] * before[2] >= 0 ? across : negate(across);
  const half = scale(same, length(before) / 2);
  const turned: Segment = [subtract(center, half), along(center, half, 1)];
  return index < 2 ? { ...value, major_axis: moved, minor_axis: turned } : { ...value, major_axis: turned, minor_axis: moved };
}

export function ellipseArea({ major_axis, minor_axis }: EllipseValue): number {
  return (Math.PI * distance(...major_axis) * distance(...minor_axis)) / 4;
}

/** Drawn into the rectangle between two places. */
export const ellipse: ToolDefinition<EllipseValue> = {
  id: "ellipse",
  kind: "ELLI",
  takes: { by: "points", count: 2 },
  make([first, second], facing) {
    if (!first || !second) return null;
    const [a, b, c, d] = rectangleBetween(first, second, facing);
    if (distance(a, b) < SAME_PLACE || distance(b, c) < SAME_PLACE) return null;
    return ellipseOf([middle(a, d), middle(b, c)], [middle(a, b), middle(d, c)]);
  },
  fits: (value) => value.type === "Ellipse",
  handles: axesHandles,
  moved: endMoved,
  settled: (value) => ({ ...value, ...ellipseAxes(value) }),
  paths: ellipsePaths,
  figures: (value) => [
    { name: "Long axis", value: distance(...value.major_axis), unit: "mm" },
    { name: "Short axis", value: distance(...value.minor_axis), unit: "mm" },
    { name: "Area", value: ellipseArea(value), unit: "mm²" },
  ],
  region: (value) => outlineOf(value),
};

function ellipseAxes({ major_axis, minor_axis }: EllipseValue): Pick<EllipseValue, "major_axis" | "minor_axis"> {
  const ordered = ellipseOf(major_axis, minor_axis);
  return { major_axis: ordered.major_axis, minor_axis: ordered.minor_axis };
}
