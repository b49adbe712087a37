/**
 * A box in the volume. The schema knows flat boxes alone: two opposite faces, corner on corner, hold all of it, also when
 * it is oblique. Drawn as a rectangle in one plane, at first as deep as it is wide; its faces are then moved in any plane.
 */

import type { Vec3 } from "../core/meta";
import type { Facing } from "../render/sections";
import { add, along, cross, dot, scale, subtract, unit } from "../render/vectors";
import { SAME_PLACE, areaOf, centroid, distance, height, rectangleBetween } from "./geometry";
import type { Cut, Path, ToolDefinition } from "./tool";
import { type BoxesValue, VERSION } from "./values";

const FACES = ["First face", "Last face"] as const;

interface Body {
  readonly near: readonly Vec3[];
  readonly far: readonly Vec3[];
}

function bodyOf({ boxes }: BoxesValue): Body {
  return { near: boxes[0]?.corners ?? [], far: boxes[1]?.corners ?? [] };
}

function withBody(value: BoxesValue, { near, far }: Body): BoxesValue {
  const [first, last] = value.boxes;
  return { ...value, boxes: [{ ...first, corners: near }, { ...last, corners: far }] };
}

/** The three edges from the first corner; their directions are the box's own. */
function edgesOf({ near, far }: Body): readonly [Vec3, Vec3, Vec3] {
  const [a, b, , d] = near as readonly [Vec3, Vec3, Vec3, Vec3];
  return [subtract(b, a), subtract(d, a), subtract(far[0] as Vec3, a)];
}

function fromEdges(corner: Vec3, [across, down, through]: readonly [Vec3, Vec3, Vec3]): Body {
  const face = (origin: Vec3): readonly Vec3[] => [origin, add(origin, across), add(add(origin, across), down), add(origin, down)];
  return { near: face(corner), far: face(add(corner, through)) };
}

/** Faces 0 and 1 lie at the ends of the first edge, 2 and 3 of the second, 4 and 5 of the third. */
function faceCenter(body: Body, face: number): Vec3 {
  const edges = edgesOf(body);
  const center = centroid([...body.near, ...body.far]);
  return along(center, edges[face >> 1] as Vec3, face % 2 === 0 ? -0.5 : 0.5);
}

function faceMoved(body: Body, face: number, to: Vec3): Body {
  const edges = [...edgesOf(body)] as [Vec3, Vec3, Vec3];
  const axis = (face >> 1) as 0 | 1 | 2;
  const way = unit(edges[axis]);
  const by = dot(subtract(to, faceCenter(body, face)), way);
  const size = dot(edges[axis], way) + (face % 2 === 0 ? -by : by);
  // Never through the other side: the handle waits there.
  if (size < SAME_PLACE) return body;
  const corner = face % 2 === 0 ? along(body.near[0] as Vec3, way, by) : (body.near[0] as Vec3);
  edges[axis] = scale(way, size);
  return fromEdges(corner, edges);
}

/** Its outline in a plane: where the twelve edges cross it, in order around. */
function sectionOf(body: Body, cut: Cut): readonly Vec3[] {
  const points: Vec3[] = [];
  for (let index = 0; index < 4; index += 1) {
    const next = (index + 1) % 4;
    const edges: readonly (readonly [Vec3, Vec3])[] = [
      [body.near[index] as Vec3, body.near[next] as Vec3],
      [body.far[index] as Vec3, body.far[next] as Vec3],
      [body.near[index] as Vec3, body.far[index] as Vec3],
    ];
    for (const [from, to] of edges) {
      const [a, b] = [height(cut, from), height(cut, to)];
      if (a * b > 0 || a === b) continue;
      points.push(along(from, subtract(to, from), a / (a - b)));
    }
  }
  return around(points, cut.facing);
}

function around(points: readonly Vec3[], { normal, up }: Facing): readonly Vec3[] {
  const center = centroid(points);
  const right = cross(up, normal);
  const turn = (point: Vec3): number => Math.atan2(dot(subtract(point, center), up), dot(subtract(point, center), right));
  const sorted = [...points].sort((a, b) => turn(a) - turn(b));
  return sorted.filter((point, index) => index === 0 || distance(point, sorted[index - 1] as Vec3) > 1e-3);
}

export const box3d: ToolDefinition<BoxesValue> = {
  id: "box-3d",
  kind: "M2DB",
  takes: { by: "points", count: 2 },
  spatial: true,
  make([first, second], facing) {
    if (!first || !second) return null;
    const [a, b, , d] = rectangleBetween(first, second, facing);
    const [across, down] = [subtract(b, a), subtract(d, a)];
    const depth = Math.min(distance(a, b), distance(a, d));
    if (depth < SAME_PLACE) return null;
    const body = fromEdges(along(a, facing.normal, -depth / 2), [across, down, scale(facing.normal, depth)]);
    return {
      type: "Multiple 2D bounding boxes",
      version: VERSION,
      boxes: [{ name: FACES[0], corners: body.near }, { name: FACES[1], corners: body.far }],
    };
  },
  fits: (value) => value.type === "Multiple 2D bounding boxes" && value.boxes.length === 2 && isBody(bodyOf(value)),
  handles(value) {
    const body = bodyOf(value);
    return [0, 1, 2, 3, 4, 5].map((face) => faceCenter(body, face));
  },
  handlesIn(value, cut) {
    const body = bodyOf(value);
    const edges = edgesOf(body);
    const crossed = sectionOf(body, cut).length > 2;
    return [0, 1, 2, 3, 4, 5].map((face) => {
      const tilt = dot(unit(edges[face >> 1] as Vec3), cut.facing.normal);
      if (!crossed || Math.abs(tilt) > 0.9) return null;
      const center = faceCenter(body, face);
      return along(center, cut.facing.normal, -height(cut, center));
    });
  },
  moved: (value, index, to) => withBody(value, faceMoved(bodyOf(value), index, to)),
  paths(value): readonly Path[] {
    const { near, far } = bodyOf(value);
    const sides = near.map((corner, index): Path => ({ points: [corner, far[index] as Vec3], closed: false }));
    return [{ points: near, closed: true }, { points: far, closed: true }, ...sides];
  },
  section(value, cut) {
    const points = sectionOf(bodyOf(value), cut);
    return points.length < 3 ? [] : [{ points, closed: true }];
  },
  figures(value) {
    const body = bodyOf(value);
    const [across, down, through] = edgesOf(body).map((edge) => Math.hypot(...edge)) as [number, number, number];
    return [
      { name: "Width", value: across, unit: "mm" },
      { name: "Height", value: down, unit: "mm" },
      { name: "Depth", value: through, unit: "mm" },
      { name: "Volume", value: areaOf(body.near) * through, unit: "mm³" },
    ];
  },
};

/** Whether two faces are those of one box: the edges between them are one vector. */
function isBody({ near, far }: Body): boolean {
  if (near.length !== 4 || far.length !== 4) return false;
  const through = subtract(far[0] as Vec3, near[0] as Vec3);
  return near.every((corner, index) => distance(add(corner, through), far[index] as Vec3) < 0.01);
}
