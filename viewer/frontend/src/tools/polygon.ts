import { replaceAt, withoutRepeats } from "./geometry";
import { isOutline, outlineFigures, outlineValue, withOutline } from "./outlines";
import type { ToolDefinition } from "./tool";
import type { PolygonValue } from "./values";

/** Corners by clicks, straight lines between them. */
export const polygon: ToolDefinition<PolygonValue> = {
  id: "polygon",
  kind: "POLY",
  takes: { by: "path", least: 3, closed: true },
  make(places) {
    const points = withoutRepeats(places);
    return points.length < 3 ? null : outlineValue(points, "polygon");
  },
  fits: isOutline,
  handles: ({ path_points }) => path_points,
  moved: (value, index, to) => withOutline(value, replaceAt(value.path_points, index, to)),
  paths: ({ path_points }) => [{ points: path_points, closed: true }],
  figures: outlineFigures,
  region: ({ path_points }) => path_points,
};
