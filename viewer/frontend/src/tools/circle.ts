import type { Vec3 } from "../core/meta";
import { along, cross, length, scale, subtract, unit } from "../render/vectors";
import { axesHandles, centerOfEllipse, ellipseArea, ellipsePaths, outlineOf } from "./ellipse";
import { SAME_PLACE, distance } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type EllipseValue, VERSION } from "./values";

/** Of the ratio of its axes: values that were rounded on the way. */
const ROUND = 1e-3;

function circleAt(center: Vec3, edge: Vec3, normal: Vec3): EllipseValue {
  const out = subtract(edge, center);
  const across = scale(unit(cross(normal, out)), length(out));
  return {
    type: "Ellipse",
    version: VERSION,
    major_axis: [along(center, out, -1), edge],
    minor_axis: [subtract(center, across), along(center, across, 1)],
  };
}

/** Drawn from its center outwards; an ellipse with equal axes. */
export const circle: ToolDefinition<EllipseValue> = {
  id: "circle",
  kind: "ELLI",
  takes: { by: "points", count: 2 },
  make([center, edge], facing) {
    if (!center || !edge || distance(center, edge) < SAME_PLACE) return null;
    return circleAt(center, edge, facing.normal);
  },
  fits(value) {
    if (value.type !== "Ellipse") return false;
    const [major, minor] = [distance(...value.major_axis), distance(...value.minor_axis)];
    return Math.abs(major - minor) <= ROUND * major;
  },
  handles: axesHandles,
  moved(value, index, to, facing) {
    const center = centerOfEllipse(value);
    if (distance(center, to) < SAME_PLACE) return value;
    const { major_axis: major, minor_axis: minor } = value;
    const normal = unit(cross(subtract(major[1], major[0]), subtract(minor[1], minor[0])), facing.normal);
    const turned = circleAt(center, to, normal);
    const { major_axis: through, minor_axis: across } = turned;
    // The dragged end keeps its place among the four.
    const ends: EllipseValue["major_axis"] = index % 2 === 1 ? through : [through[1], through[0]];
    return index < 2 ? { ...value, major_axis: ends, minor_axis: across } : { ...value, major_axis: across, minor_axis: ends };
  },
  paths: ellipsePaths,
  figures: (value) => [
    { name: "Diameter", value: distance(...value.major_axis), unit: "mm" },
    { name: "Area", value: ellipseArea(value), unit: "mm²" },
  ],
  region: (value) => outlineOf(value),
};
