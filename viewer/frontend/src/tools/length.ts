import { SAME_PLACE, distance } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type DistanceValue, VERSION } from "./values";

export const length: ToolDefinition<DistanceValue> = {
  id: "length",
  kind: "DIST",
  takes: { by: "points", count: 2 },
  make([start, end]) {
    if (!start || !end || distance(start, end) < SAME_PLACE) return null;
    return { type: "Distance measurement", version: VERSION, start, end };
  },
  fits: (value) => value.type === "Distance measurement",
  handles: ({ start, end }) => [start, end],
  moved: (value, index, to) => (index === 0 ? { ...value, start: to } : { ...value, end: to }),
  paths: ({ start, end }) => [{ points: [start, end], closed: false }],
  figures: ({ start, end }) => [{ name: "Length", value: distance(start, end), unit: "mm" }],
};
