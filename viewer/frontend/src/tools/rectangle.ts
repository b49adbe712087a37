import type { Vec3 } from "../core/meta";
import { add, along, dot, subtract, unit } from "../render/vectors";
import { SAME_PLACE, areaOf, distance, rectangleBetween } from "./geometry";
import type { ToolDefinition } from "./tool";
import { type BoxValue, VERSION } from "./values";

type Corners = readonly [Vec3, Vec3, Vec3, Vec3];

/** The rectangle with one corner elsewhere and the opposite one where it was; its sides keep their directions. */
export function cornerMoved(corners: readonly Vec3[], index: number, to: Vec3): readonly Vec3[] {
  const at = (place: number): Vec3 => (corners as Corners)[(place + 4) % 4] as Vec3;
  const opposite = at(index + 2);
  const before = unit(subtract(at(index - 1), opposite), unit(subtract(at(index), at(index + 1)), [1, 0, 0]));
  const offset = subtract(to, opposite);
  const side = along([0, 0, 0], before, dot(offset, before));
  const other = subtract(offset, side);
  return [0, 1, 2, 3].map((place) => {
    if (place === index) return to;
    if (place === (index + 2) % 4) return opposite;
    return add(opposite, place === (index + 3) % 4 ? side : other);
  });
}

export const rectangle: ToolDefinition<BoxValue> = {
  id: "rectangle",
  kind: "2DBB",
  takes: { by: "points", count: 2 },
  make([first, second], facing) {
    if (!first || !second) return null;
    const corners = rectangleBetween(first, second, facing);
    if (distance(corners[0], corners[1]) < SAME_PLACE || distance(corners[1], corners[2]) < SAME_PLACE) return null;
    return { type: "2D bounding box", version: VERSION, corners };
  },
  fits: (value) => value.type === "2D bounding box",
  handles: ({ corners }) => corners,
  moved(value, index, to, facing) {
    const corners = cornerMoved(value.corners, index, to);
    const [a, b, c] = corners as Corners;
    const flat = distance(a, b) < SAME_PLACE || distance(b, c) < SAME_PLACE;
    // Drawn to a line it forgets how it lies: upright again.
    return { ...value, corners: flat ? rectangleBetween(corners[(index + 2) % 4] as Vec3, to, facing) : corners };
  },
  paths: ({ corners }) => [{ points: corners, closed: true }],
  figures({ corners }) {
    const [a, b, c] = corners as Corners;
    return [
      { name: "Width", value: distance(a, b), unit: "mm" },
      { name: "Height", value: distance(b, c), unit: "mm" },
      { name: "Area", value: areaOf(corners), unit: "mm²" },
    ];
  },
  region: ({ corners }) => corners,
};
