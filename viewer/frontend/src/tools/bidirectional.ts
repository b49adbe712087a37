/** Longest diameter and the one across it (RECIST), as two distances. The short one stays at right angles to the long one. */

import type { Vec3 } from "../core/meta";
import type { Facing } from "../render/sections";
import { across, along, cross, dot, subtract, unit } from "../render/vectors";
import { SAME_PLACE, between, distance, middle } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type DistancesValue, VERSION } from "./values";

const LONG = "Long axis";
const SHORT = "Short axis";
/** Of the long axis, at first. */
const SHARE = 0.5;

interface Axes {
  readonly long: readonly [Vec3, Vec3];
  readonly short: readonly [Vec3, Vec3];
}

function valueOf({ long, short }: Axes): DistancesValue {
  const [first, second] = distance(...long) >= distance(...short) ? [long, short] : [short, long];
  return {
    type: "Multiple distance measurements",
    version: VERSION,
    lines: [
      { name: LONG, start: first[0], end: first[1] },
      { name: SHORT, start: second[0], end: second[1] },
    ],
  };
}

/** Named as they are being dragged, whichever is longer meanwhile. */
function axesOf({ lines }: DistancesValue): Axes {
  const [first, second] = lines;
  const zero: Vec3 = [0, 0, 0];
  return {
    long: [first?.start ?? zero, first?.end ?? zero],
    short: [second?.start ?? zero, second?.end ?? zero],
  };
}

function withAxes(value: DistancesValue, { long, short }: Axes): DistancesValue {
  const [first, second] = value.lines;
  return {
    ...value,
    lines: [
      { ...first, start: long[0], end: long[1] },
      { ...second, start: short[0], end: short[1] },
    ],
  };
}

/** The unit vector across the long axis, in the plane of both; of the pane's plane when they are one line. */
function sideways({ long, short }: Axes, facing: Facing): Vec3 {
  const way = unit(subtract(long[1], long[0]));
  return across(subtract(short[1], short[0]), way, unit(cross(facing.normal, way), facing.up));
}

/** Where the short axis crosses the long one (0 to 1), and how far it reaches to each side. */
function proportions(axes: Axes, side: Vec3): { foot: number; reach: readonly [number, number] } {
  const way = subtract(axes.long[1], axes.long[0]);
  const offset = subtract(axes.short[0], axes.long[0]);
  const foot = Math.min(1, Math.max(0, dot(offset, way) / Math.max(SAME_PLACE, dot(way, way))));
  const crossing = between(...axes.long, foot);
  return { foot, reach: [dot(subtract(axes.short[0], crossing), side), dot(subtract(axes.short[1], crossing), side)] };
}

function shortAt(long: Axes["long"], side: Vec3, foot: number, reach: readonly [number, number]): Axes["short"] {
  const crossing = between(...long, foot);
  return [along(crossing, side, reach[0]), along(crossing, side, reach[1])];
}

export const bidirectional: ToolDefinition<DistancesValue> = {
  id: "bidirectional",
  kind: "MDIS",
  takes: { by: "points", count: 2 },
  make([start, end], facing) {
    if (!start || !end || distance(start, end) < SAME_PLACE) return null;
    const side = unit(cross(facing.normal, subtract(end, start)), facing.up);
    const half = (distance(start, end) * SHARE) / 2;
    const center = middle(start, end);
    return valueOf({ long: [start, end], short: [along(center, side, half), along(center, side, -half)] });
  },
  fits: (value) => value.type === "Multiple distance measurements" && value.lines.length === 2,
  handles(value) {
    const { long, short } = axesOf(value);
    return [...long, ...short];
  },
  moved(value, index, to, facing) {
    const axes = axesOf(value);
    const side = sideways(axes, facing);
    const { foot, reach } = proportions(axes, side);
    if (index < 2) {
      const long: Axes["long"] = index === 0 ? [to, axes.long[1]] : [axes.long[0], to];
      // Turned with the long axis, so that neither its length nor its place along it changes.
      const turned = across(side, unit(subtract(long[1], long[0])), side);
      return withAxes(value, { long, short: shortAt(long, turned, foot, reach) });
    }
    const way = subtract(axes.long[1], axes.long[0]);
    const share = dot(subtract(to, axes.long[0]), way) / Math.max(SAME_PLACE, dot(way, way));
    const there = Math.min(1, Math.max(0, share));
    const out = dot(subtract(to, between(...axes.long, there)), side);
    const next: readonly [number, number] = index === 2 ? [out, reach[1]] : [reach[0], out];
    return withAxes(value, { long: axes.long, short: shortAt(axes.long, side, there, next) });
  },
  settled: (value) => ({ ...value, lines: valueOf(axesOf(value)).lines }),
  paths(value) {
    const { long, short } = axesOf(value);
    return [{ points: long, closed: false }, { points: short, closed: false, look: "thin" }];
  },
  figures(value) {
    const { long, short } = axesOf(value);
    return [
      { name: LONG, value: distance(...long), unit: "mm" },
      { name: SHORT, value: distance(...short), unit: "mm" },
    ];
  },
};
