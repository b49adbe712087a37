import { replaceAt, withoutRepeats } from "./geometry";
import { isOutline, outlineFigures, outlineValue, withOutline } from "./outlines";
import { placesOfSpline, splinePoints } from "./spline";
import type { ToolDefinition } from "./tool";
import type { PolygonValue } from "./values";

/**
 * A smooth outline through the places of a reader. The value holds the curve; every sixteenth of its points is such
 * a place, so that it can be edited again wherever it went in between.
 */
export const spline: ToolDefinition<PolygonValue> = {
  id: "spline",
  kind: "POLY",
  takes: { by: "path", least: 3, closed: true },
  make(places) {
    const points = withoutRepeats(places);
    return points.length < 3 ? null : outlineValue(splinePoints(points, true), "spline");
  },
  fits: (value) => isOutline(value) && value.sub_type === "spline" && placesOfSpline(value.path_points) !== null,
  handles: ({ path_points }) => placesOfSpline(path_points) ?? [],
  moved(value, index, to) {
    const places = placesOfSpline(value.path_points);
    return places ? withOutline(value, splinePoints(replaceAt(places, index, to), true)) : value;
  },
  paths: ({ path_points }) => [{ points: path_points, closed: true }],
  figures: outlineFigures,
  region: ({ path_points }) => path_points,
};
