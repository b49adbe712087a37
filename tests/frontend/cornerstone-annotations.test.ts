import { describe, expect, it } from "vitest";
import type { Vec3 } from "../../viewer/frontend/src/core/meta";
import { squared } from "../../viewer/frontend/src/render/sections";
import { add, cross, scale } from "../../viewer/frontend/src/render/vectors";
import { type CornerstoneAnnotation, fromCornerstone, toCornerstone } from "../../viewer/frontend/src/tools/cornerstone";
import { distance } from "../../viewer/frontend/src/tools/geometry";
import { DRAWING_TOOLS, type DrawingTool, toolNamed } from "../../viewer/frontend/src/tools/registry";
import { kindOf, pointsOf } from "../../viewer/frontend/src/tools/values";
import { faultsOf } from "./schemas";

/** An oblique plane; places in it in millimetres that no float32 holds. */
const FACING = squared({ normal: [0.3, -0.5, 0.81], up: [0.1, -1, 0.2] });
const RIGHT = cross(FACING.up, FACING.normal);
const at = (x: number, y: number): Vec3 => add(add([12.345, -678.901, 23.4567], scale(RIGHT, x)), scale(FACING.up, y));
const PLACES = [at(0, 0), at(31.7, 4.1), at(28.3, 40.9), at(-7.7, 22.2)];
const FRAME = { timepoint: 0, normal: FACING.normal, up: FACING.up };

function drawn(tool: DrawingTool) {
  const { takes, make } = toolNamed(tool);
  const value = make(PLACES.slice(0, takes.by === "points" ? takes.count : 4), FACING)!;
  return { id: "u", tool, value, label: "Lesion", frame: FRAME };
}

/** Those that Cornerstone3D has a tool for, one to one. */
const ALIKE: readonly DrawingTool[] = ["length", "bidirectional", "angle", "cobb", "rectangle", "ellipse", "circle", "spline", "freehand", "probe", "arrow"];

describe.each(ALIKE)("%s as Cornerstone3D has it", (tool) => {
  it("comes back as it went, within a hundredth of a millimetre", () => {
    const before = drawn(tool);
    const [there] = toCornerstone(before, "1.2.3") as [CornerstoneAnnotation];
    const after = fromCornerstone(JSON.parse(JSON.stringify(there)) as CornerstoneAnnotation)!;
    expect(after).toMatchObject({ tool, label: "Lesion", frame: FRAME });
    expect(faultsOf(kindOf(after.value), after.value)).toEqual([]);
    const points = pointsOf(after.value);
    for (const point of toolNamed(tool).handles(before.value)) {
      const nearest = Math.min(...[...points, ...toolNamed(tool).handles(after.value)].map((other) => distance(point, other)));
      expect(nearest).toBeLessThan(0.01);
    }
    const sizes = (value: typeof before.value): number[] => toolNamed(tool).figures(value).map((figure) => figure.value);
    sizes(after.value).forEach((size, index) => { expect(size).toBeCloseTo(sizes(before.value)[index]!, 6); });
  });
});

describe("what goes to Cornerstone3D", () => {
  it("has its names and its order of points", () => {
    const form = (tool: DrawingTool) => toCornerstone(drawn(tool), "1.2.3")[0]!;
    expect(form("rectangle").metadata).toEqual({ toolName: "RectangleROI", FrameOfReferenceUID: "1.2.3", viewPlaneNormal: FACING.normal, viewUp: FACING.up });
    const [a, b, c, d] = form("rectangle").data.handles.points as unknown as [Vec3, Vec3, Vec3, Vec3];
    expect(distance(a, d)).toBeCloseTo(distance(b, c), 9); // opposite corners: 0 and 3, 1 and 2
    expect(form("arrow").data).toMatchObject({ text: "Lesion", handles: { points: [PLACES[1], PLACES[0]] } });
    const [bottom, top, left, right] = form("ellipse").data.handles.points as unknown as [Vec3, Vec3, Vec3, Vec3];
    expect(distance(left, right)).toBeGreaterThan(distance(bottom, top));
    expect(form("spline").data.contour?.closed).toBe(true);
  });

  it.each(DRAWING_TOOLS)("exists for every tool (%s)", (tool) => {
    const forms = toCornerstone(drawn(tool), "1.2.3");
    expect(forms.length).toBeGreaterThan(0);
    expect(new Set(forms.map(({ annotationUID }) => annotationUID)).size).toBe(forms.length);
    for (const form of forms) expect(form.data.handles.points.length + (form.data.contour?.polyline.length ?? 0)).toBeGreaterThan(0);
  });
});

describe("what comes from Cornerstone3D", () => {
  const given = (toolName: string, points: unknown, contour?: object): CornerstoneAnnotation =>
    ({ annotationUID: "a", metadata: { toolName, FrameOfReferenceUID: "" }, data: { label: "", handles: { points }, contour, cachedStats: {} } }) as unknown as CornerstoneAnnotation;

  it("takes a circle with its five handles in their own plane", () => {
    const points = [at(0, 0), at(0, 9), at(0, -9), at(-9, 0), at(9, 0)];
    const found = fromCornerstone(given("CircleROI", points))!;
    const handles = toolNamed("circle").handles(found.value);
    for (const point of points.slice(1)) expect(Math.min(...handles.map((handle) => distance(handle, point)))).toBeLessThan(1e-6);
  });

  it("takes an open contour for a line", () => {
    expect(fromCornerstone(given("PlanarFreehandROI", [], { polyline: PLACES, closed: false }))).toMatchObject({ tool: "line", value: { type: "Line" } });
  });

  it("leaves out what has no kind, and what is broken", () => {
    expect(fromCornerstone(given("ETDRSGrid", PLACES))).toBeNull();
    expect(fromCornerstone(given("Length", [PLACES[0]]))).toBeNull();
    expect(fromCornerstone(given("Length", [[0, 0], [1, 1]]))).toBeNull();
    expect(fromCornerstone(given("Length", [[0, 0, Number.NaN], [1, 1, 1]]))).toBeNull();
  });
});
