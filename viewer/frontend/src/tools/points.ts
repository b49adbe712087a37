/** Tools that make points: a place, a place with its value, a place in all planes, and several places in one value. */

import type { Vec3 } from "../core/meta";
import { replaceAt } from "./geometry";
import type { Figure, ToolDefinition } from "./tool";
import { type PointValue, type PointsValue, VERSION } from "./values";

function pointTool(id: string, more: Partial<ToolDefinition<PointValue>> = {}): ToolDefinition<PointValue> {
  return {
    id,
    kind: "POIN",
    takes: { by: "points", count: 1 },
    make: ([point]) => (point ? { type: "Point", version: VERSION, point } : null),
    fits: (value) => value.type === "Point",
    handles: ({ point }) => [point],
    moved: (value, _index, to) => ({ ...value, point: to }),
    paths: ({ point }) => [{ points: [point], closed: false, look: "point" }],
    figures: () => [],
    ...more,
  };
}

export const point = pointTool("point");

/** A point that shows the value of the image there (`state/readings` adds it: it takes pixels). */
export const probe = pointTool("probe");

/** A point of the volume: it is shown in every plane that comes near, and the other panes go to it. */
export const point3d = pointTool("point-3d", { spatial: true });

export const multiPoint: ToolDefinition<PointsValue> = {
  id: "multi-point",
  kind: "MPOI",
  takes: { by: "path", least: 1, closed: false },
  make: (places) =>
    places.length === 0 ? null : { type: "Multiple points", version: VERSION, points: places.map((place) => ({ point: place })) },
  fits: (value) => value.type === "Multiple points",
  handles: ({ points }) => points.map(({ point: place }) => place),
  moved: (value, index, to) => ({
    ...value,
    points: replaceAt(value.points, index, { ...value.points[index], point: to }),
  }),
  paths: ({ points }) => points.map(({ point: place }): { points: readonly Vec3[]; closed: false; look: "point" } => ({ points: [place], closed: false, look: "point" })),
  figures: ({ points }): readonly Figure[] => [{ name: "Points", value: points.length, unit: "" }],
};
