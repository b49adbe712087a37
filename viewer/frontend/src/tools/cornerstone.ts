/**
 * Annotations as Cornerstone3D's tools hold them (`@cornerstonejs/tools` 5, LPS millimetres, as OHIF keeps them), to and from
 * socket values. Only what the tools read is written; what they measure, they measure anew.
 */

import type { Frame } from "../core/annotations";
import type { Vec3 } from "../core/meta";
import { cross, scale, subtract, along, unit } from "../render/vectors";
import { centerOfEllipse, ellipseOf } from "./ellipse";
import { distance } from "./geometry";
import { pointsOfLine } from "./lines";
import { spread } from "./many";
import { placesOfSpline } from "./spline";
import { type AnnotationTool, type DrawingTool, toolFor } from "./registry";
import { type GeometryValue, type SingleValue, VERSION } from "./values";

export interface CornerstoneAnnotation {
  readonly annotationUID: string;
  readonly metadata: {
    readonly toolName: string;
    readonly FrameOfReferenceUID: string;
    readonly viewPlaneNormal?: readonly number[];
    readonly viewUp?: readonly number[];
  };
  readonly data: {
    readonly label: string;
    readonly text?: string;
    readonly handles: { readonly points: readonly (readonly number[])[] };
    readonly contour?: { readonly polyline: readonly (readonly number[])[]; readonly closed: boolean };
    readonly cachedStats: Readonly<Record<string, never>>;
  };
}

export interface Exchanged {
  readonly id: string;
  readonly tool: AnnotationTool;
  readonly value: GeometryValue;
  readonly label: string;
  readonly frame: Frame | null;
}

interface Form {
  readonly toolName: string;
  readonly points: readonly Vec3[];
  readonly polyline?: readonly Vec3[];
  readonly closed?: boolean;
}

/** One each for what Cornerstone3D knows as one; a value of several objects becomes several. */
export function toCornerstone({ id, tool, value, label, frame }: Exchanged, frameOfReference: string): readonly CornerstoneAnnotation[] {
  const whole = tool === "bidirectional" ? bidirectionalForm(value) : null;
  const forms = whole ? [whole] : spread(value).map((each) => formOf(tool, each));
  return forms.map(({ toolName, points, polyline, closed = true }, index) => ({
    annotationUID: forms.length === 1 ? id : `${id}.${index}`,
    metadata: {
      toolName,
      FrameOfReferenceUID: frameOfReference,
      ...(frame ? { viewPlaneNormal: frame.normal, viewUp: frame.up } : {}),
    },
    data: {
      label,
      ...(toolName === "ArrowAnnotate" ? { text: label } : {}),
      handles: { points },
      ...(polyline ? { contour: { polyline, closed } } : {}),
      cachedStats: {},
    },
  }));
}

function bidirectionalForm(value: GeometryValue): Form | null {
  if (value.type !== "Multiple distance measurements") return null;
  const [long, short] = value.lines;
  return long && short ? { toolName: "Bidirectional", points: [long.start, long.end, short.start, short.end] } : null;
}

function formOf(tool: AnnotationTool, value: SingleValue): Form {
  switch (value.type) {
    case "Distance measurement":
      return { toolName: "Length", points: [value.start, value.end] };
    case "Three-point angle":
      return { toolName: "Angle", points: value.angle };
    case "Angle":
      return { toolName: "CobbAngle", points: value.lines.flat() };
    case "2D bounding box": {
      // Their corners go row by row, ours around.
      const [a, b, c, d] = value.corners as readonly [Vec3, Vec3, Vec3, Vec3];
      return { toolName: "RectangleROI", points: [a, b, d, c] };
    }
    case "Ellipse":
      if (tool === "circle") return { toolName: "CircleROI", points: [centerOfEllipse(value), value.major_axis[1]] };
      return { toolName: "EllipticalROI", points: [...value.minor_axis, ...value.major_axis] };
    case "Point":
      return { toolName: "Probe", points: [value.point] };
    case "Line": {
      const [tail, head] = value.seed_points;
      // Their head comes first.
      if (tool === "arrow" && tail && head) return { toolName: "ArrowAnnotate", points: [head, tail] };
      return { toolName: "SplineROI", points: value.seed_points, polyline: pointsOfLine(value), closed: false };
    }
    case "Polygon": {
      const places = placesOfSpline(value.path_points);
      if (places) return { toolName: "SplineROI", points: places, polyline: value.path_points };
      return { toolName: "PlanarFreehandROI", points: [], polyline: value.path_points };
    }
  }
}

/** Null for tools that have no socket kind, and for annotations that are broken. */
export function fromCornerstone(annotation: CornerstoneAnnotation): Omit<Exchanged, "id"> | null {
  const { metadata, data } = annotation;
  const points = triples(data.handles.points);
  const polyline = triples(data.contour?.polyline ?? []);
  if (!points || !polyline) return null;
  const normal = triple(metadata.viewPlaneNormal);
  const made = READERS[metadata.toolName]?.({ points, polyline, closed: data.contour?.closed !== false, normal });
  if (!made) return null;
  const [value, named] = made;
  const tool = toolFor(value, named);
  const up = triple(metadata.viewUp);
  return tool && { tool, value, label: data.label || (data.text ?? ""), frame: normal && up ? { timepoint: 0, normal, up } : null };
}

interface Given {
  readonly points: readonly Vec3[];
  readonly polyline: readonly Vec3[];
  readonly closed: boolean;
  readonly normal: Vec3 | null;
}

type Reader = (given: Given) => readonly [GeometryValue, DrawingTool] | null;

const READERS: Readonly<Record<string, Reader>> = {
  Length: ({ points: [start, end] }) => start && end ? [{ type: "Distance measurement", version: VERSION, start, end }, "length"] : null,
  Bidirectional: ({ points: [a, b, c, d] }) =>
    a && b && c && d
      ? [{ type: "Multiple distance measurements", version: VERSION, lines: [{ name: "Long axis", start: a, end: b }, { name: "Short axis", start: c, end: d }] }, "bidirectional"]
      : null,
  Angle: ({ points: [a, b, c] }) => (a && b && c ? [{ type: "Three-point angle", version: VERSION, angle: [a, b, c] }, "angle"] : null),
  CobbAngle: ({ points: [a, b, c, d] }) => (a && b && c && d ? [{ type: "Angle", version: VERSION, lines: [[a, b], [c, d]] }, "cobb"] : null),
  RectangleROI: ({ points: [a, b, c, d] }) => (a && b && c && d ? [{ type: "2D bounding box", version: VERSION, corners: [a, b, d, c] }, "rectangle"] : null),
  EllipticalROI: ({ points: [a, b, c, d] }) => (a && b && c && d ? [ellipseOf([a, b], [c, d]), "ellipse"] : null),
  CircleROI: ({ points: [center, edge, , side], normal }) => (center && edge ? [circleThrough(center, edge, side, normal), "circle"] : null),
  Probe: ({ points: [point] }) => (point ? [{ type: "Point", version: VERSION, point }, "probe"] : null),
  ArrowAnnotate: ({ points: [head, tail] }) =>
    head && tail ? [{ type: "Line", version: VERSION, seed_points: [tail, head], path_point_lists: [[tail, head]] }, "arrow"] : null,
  PlanarFreehandROI: ({ polyline, closed }) => outline(polyline, closed, "freehand"),
  SplineROI: ({ polyline, closed }) => outline(polyline, closed, "spline"),
};

function outline(polyline: readonly Vec3[], closed: boolean, subType: "freehand" | "spline"): readonly [GeometryValue, DrawingTool] | null {
  const [first] = polyline;
  const last = polyline.at(-1);
  if (!first || !last || polyline.length < 2) return null;
  if (!closed) return [{ type: "Line", version: VERSION, seed_points: [first, last], path_point_lists: [polyline] }, "line"];
  const path = { type: "Polygon", version: VERSION, seed_point: first, path_points: polyline, sub_type: subType, groups: [] } as const;
  return [path, subType];
}

/** `side`: a point of the circle off the first radius, where there is one; else the plane is that of the view, else any. */
function circleThrough(center: Vec3, edge: Vec3, side: Vec3 | undefined, seen: Vec3 | null): GeometryValue {
  const out = subtract(edge, center);
  const spare: Vec3 = Math.abs(out[2]) < 0.9 * distance(center, edge) ? [0, 0, 1] : [0, 1, 0];
  const normal = side ? unit(cross(out, subtract(side, center))) : (seen ?? unit(cross(out, spare)));
  const across = scale(unit(cross(normal, out)), distance(center, edge));
  return ellipseOf([along(center, out, -1), edge], [subtract(center, across), along(center, across, 1)]);
}

function triple(numbers: readonly number[] | undefined): Vec3 | null {
  return numbers?.length === 3 && numbers.every(Number.isFinite) ? [numbers[0] as number, numbers[1] as number, numbers[2] as number] : null;
}

/** Null when one of them is no point. */
function triples(list: readonly (readonly number[])[]): readonly Vec3[] | null {
  const points = list.map((numbers) => triple([...numbers]));
  return points.every((point) => point !== null) ? points : null;
}
