import type { Vec3 } from "../core/meta";
import { along, subtract } from "../render/vectors";
import { withoutRepeats } from "./geometry";
import { isOutline, outlineFigures, outlineValue, withOutline } from "./outlines";
import type { ToolDefinition } from "./tool";
import type { PolygonValue } from "./values";

/** Places where a drawn outline can be pulled: so many at most, evenly spread over its points. */
const MOST_HANDLES = 16;

function handlePlaces(count: number): readonly number[] {
  const handles = Math.min(MOST_HANDLES, count);
  return Array.from({ length: handles }, (_, index) => Math.floor((index * count) / handles));
}

/** Points near the pulled one follow it, less and less up to the next handles, which stay. */
function pulled(points: readonly Vec3[], handle: number, to: Vec3): readonly Vec3[] {
  const places = handlePlaces(points.length);
  const count = points.length;
  const at = places[handle] ?? 0;
  const next = ((places[(handle + 1) % places.length] ?? 0) - at + count) % count || count;
  const previous = (at - (places[(handle - 1 + places.length) % places.length] ?? 0) + count) % count || count;
  const way = subtract(to, points[at] as Vec3);
  return points.map((point, index) => {
    const after = (index - at + count) % count;
    const before = (at - index + count) % count;
    if (index === at) return to;
    const share = Math.max(0, 1 - after / next, 1 - before / previous);
    return share === 0 ? point : along(point, way, (1 - Math.cos(share * Math.PI)) / 2);
  });
}

/** An outline drawn in one go. */
export const freehand: ToolDefinition<PolygonValue> = {
  id: "freehand",
  kind: "POLY",
  takes: { by: "stroke", least: 3 },
  make(places) {
    const points = withoutRepeats(places);
    return points.length < 3 ? null : outlineValue(points, "freehand");
  },
  fits: isOutline,
  handles: ({ path_points }) => handlePlaces(path_points.length).map((index) => path_points[index] as Vec3),
  moved: (value, index, to) => withOutline(value, pulled(value.path_points, index, to)),
  paths: ({ path_points }) => [{ points: path_points, closed: true }],
  figures: outlineFigures,
  region: ({ path_points }) => path_points,
};
