import { describe, expect, it } from "vitest";
import { worldToVoxel } from "../../viewer/frontend/src/core/geometry";
import type { Vec3 } from "../../viewer/frontend/src/core/meta";
import { cameraOf, screenFacing, screenToWorld, worldToScreen } from "../../viewer/frontend/src/render/camera";
import { centerOf, facingOf, rightOf, squared } from "../../viewer/frontend/src/render/sections";
import { dot, subtract } from "../../viewer/frontend/src/render/vectors";
import { distance } from "../../viewer/frontend/src/tools/geometry";
import { answerValue, fitsKind, gathered, spread } from "../../viewer/frontend/src/tools/many";
import { DRAWING_TOOLS, type DrawingTool, toolFor, toolNamed } from "../../viewer/frontend/src/tools/registry";
import { splinePoints } from "../../viewer/frontend/src/tools/spline";
import { type GeometryValue, kindOf, pointsOf, withPoints } from "../../viewer/frontend/src/tools/values";
import { FITTED } from "../../viewer/frontend/src/state/workspace-state";
import { layerMeta } from "./layers";
import { faultsOf } from "./schemas";

/** A grid that lies askew in the patient, with voxels of three different sides. */
const s = Math.SQRT1_2;
const META = layerMeta({
  size: [64, 48, 20],
  spacing: [0.7, 1.3, 4.1],
  origin: [12.5, -33.25, 801.125],
  direction: [s, -s * 0.6, s * 0.8, s, s * 0.6, -s * 0.8, 0, 0.8, 0.6],
});
const SIZE = { width: 641, height: 487 };
const OBLIQUE = squared({ normal: [0.3, -0.5, 0.81], up: [0.1, -1, 0.2] });
const FACINGS = { stored: facingOf(META, "stored", true), coronal: facingOf(META, "coronal", true), oblique: OBLIQUE };
const VIEW = { ...FITTED, zoom: 1.7, rotation: 31, flipHorizontal: true };

/** Clicks in CSS pixels, and what they mean in the patient. */
function clicked(name: keyof typeof FACINGS, clicks: readonly (readonly [number, number])[]) {
  const facing = FACINGS[name];
  const camera = cameraOf(META, { facing, focus: centerOf(META) }, VIEW, SIZE);
  return {
    facing: screenFacing(facing, VIEW),
    places: clicks.map((click) => screenToWorld(camera, SIZE, click)),
    back: (world: Vec3) => worldToScreen(camera, SIZE, world),
  };
}

const CLICKS: readonly (readonly [number, number])[] = [[100, 120], [310.5, 140], [330, 300.25], [150, 260]];

function needed(tool: DrawingTool): number {
  const { takes } = toolNamed(tool);
  return takes.by === "points" ? takes.count : 4;
}

function drawn(tool: DrawingTool, plane: keyof typeof FACINGS = "oblique"): { value: GeometryValue; places: readonly Vec3[]; facing: (typeof FACINGS)["stored"] } {
  const { facing, places } = clicked(plane, CLICKS.slice(0, needed(tool)));
  const value = toolNamed(tool).make(places, facing);
  expect(value).not.toBeNull();
  return { value: value!, places, facing };
}

function close(a: Vec3, b: Vec3, within = 1e-9): boolean {
  return distance(a, b) <= within;
}

describe.each(DRAWING_TOOLS)("the tool %s", (tool) => {
  const definition = toolNamed(tool);

  it("makes a value of its kind that the site's schema takes", () => {
    const { value } = drawn(tool);
    expect(kindOf(value)).toBe(definition.kind);
    expect(faultsOf(definition.kind, value)).toEqual([]);
    expect(definition.fits(value)).toBe(true);
    expect(toolFor(value, tool)).toBe(tool);
  });

  it.each(["stored", "coronal", "oblique"] as const)("keeps what was clicked within a hundredth of a millimetre (%s)", (plane) => {
    const { value, places } = drawn(tool, plane);
    const saved = JSON.parse(JSON.stringify(value)) as GeometryValue;
    const kept = [...pointsOf(saved), ...definition.handles(saved)];
    // Ellipses go through the middles of the sides of what was clicked, a box lies around it: tested by themselves below.
    if (["ellipse", "circle", "box-3d"].includes(tool)) return;
    for (const place of places) expect(kept.some((point) => close(point, place, 0.01))).toBe(true);
  });

  it("moves each handle to where it is taken, in the plane", () => {
    const { value, facing } = drawn(tool);
    if (["bidirectional", "box-3d"].includes(tool)) return; // bound to an axis: below
    definition.handles(value).forEach((handle, index) => {
      const to: Vec3 = [handle[0] + 3 * rightOf(facing)[0] + facing.up[0], handle[1] + 3 * rightOf(facing)[1] + facing.up[1], handle[2] + 3 * rightOf(facing)[2] + facing.up[2]];
      const moved = definition.moved(value, index, to, facing);
      expect(close(definition.handles(moved)[index]!, to, 1e-6)).toBe(true);
      expect(faultsOf(definition.kind, moved)).toEqual([]);
      for (const point of pointsOf(moved)) expect(Math.abs(dot(subtract(point, to), facing.normal))).toBeLessThan(1e-6);
      expect(definition.fits(moved)).toBe(true);
    });
  });

  it("has as many handles after a move as before", () => {
    const { value, facing } = drawn(tool);
    const handles = definition.handles(value);
    handles.forEach((_, index) => {
      const moved = definition.moved(value, index, handles[(index + 1) % handles.length]!, facing);
      expect(definition.handles(moved)).toHaveLength(handles.length);
      expect(pointsOf(moved).flat().every(Number.isFinite)).toBe(true);
    });
  });

  it("makes nothing of too few places or of one place twice", () => {
    const { places, facing } = drawn(tool);
    const count = definition.takes.by === "points" ? definition.takes.count : definition.takes.least;
    expect(definition.make(places.slice(0, count - 1), facing)).toBeNull();
    if (count > 1) expect(definition.make(Array.from({ length: count }, () => places[0]!), facing)).toBeNull();
  });

  it("is settled into something it can go on with", () => {
    const { value } = drawn(tool);
    const settled = definition.settled?.(value) ?? value;
    expect(faultsOf(definition.kind, settled)).toEqual([]);
    expect(definition.handles(settled)).toHaveLength(definition.handles(value).length);
  });
});

function figure(tool: DrawingTool, value: GeometryValue, name: string): number {
  return toolNamed(tool).figures(value).find((each) => each.name === name)!.value;
}

describe("measurements", () => {
  const facing = { normal: [0, 0, 1] as Vec3, up: [0, -1, 0] as Vec3 };
  const make = (tool: DrawingTool, ...places: Vec3[]): GeometryValue => toolNamed(tool).make(places, facing)!;

  it("are in millimetres and degrees", () => {
    expect(figure("length", make("length", [0, 0, 0], [3, 4, 12]), "Length")).toBeCloseTo(13, 12);
    expect(figure("angle", make("angle", [1, 0, 0], [0, 0, 0], [0, 5, 0]), "Angle")).toBeCloseTo(90, 12);
    expect(figure("angle", make("angle", [1, 0, 0], [0, 0, 0], [-1, 1e-7, 0]), "Angle")).toBeCloseTo(180, 4);
    expect(figure("cobb", make("cobb", [0, 0, 0], [1, 0, 0], [9, 9, 0], [8, 9, 0]), "Angle")).toBeCloseTo(0, 12);
    expect(figure("cobb", make("cobb", [0, 0, 0], [1, 0, 0], [9, 9, 0], [8, 10, 0]), "Angle")).toBeCloseTo(45, 12);
    expect(figure("rectangle", make("rectangle", [0, 0, 0], [3, 4, 0]), "Area")).toBeCloseTo(12, 12);
    expect(figure("ellipse", make("ellipse", [0, 0, 0], [6, 4, 0]), "Area")).toBeCloseTo(Math.PI * 6, 12);
    expect(figure("circle", make("circle", [1, 1, 0], [4, 5, 0]), "Diameter")).toBeCloseTo(10, 12);
    expect(figure("polygon", make("polygon", [0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0]), "Perimeter")).toBeCloseTo(16, 12);
    expect(figure("box-3d", make("box-3d", [0, 0, 0], [3, 4, 0]), "Volume")).toBeCloseTo(36, 12);
    const { value } = drawn("bidirectional");
    expect(figure("bidirectional", value, "Short axis")).toBeCloseTo(figure("bidirectional", value, "Long axis") / 2, 9);
  });
});

describe("an ellipse", () => {
  it("touches the sides of the rectangle that was drawn", () => {
    const { value, places, facing } = drawn("ellipse");
    const right = rightOf(facing);
    const along = (direction: Vec3) => toolNamed("ellipse").handles(value).map((point) => dot(subtract(point, places[0]!), direction));
    const width = dot(subtract(places[1]!, places[0]!), right);
    const rise = dot(subtract(places[1]!, places[0]!), facing.up);
    expect([Math.min(...along(right)), Math.max(...along(right))]).toEqual([expect.closeTo(Math.min(0, width), 9), expect.closeTo(Math.max(0, width), 9)]);
    expect(Math.max(...along(facing.up)) - Math.min(...along(facing.up))).toBeCloseTo(Math.abs(rise), 9);
  });

  it("has its longer axis first once it is let go", () => {
    const { value, facing } = drawn("ellipse");
    const tool = toolNamed("ellipse");
    const [, , minor] = tool.handles(value);
    const center = tool.handles(value).reduce<Vec3>((sum, p) => [sum[0] + p[0] / 4, sum[1] + p[1] / 4, sum[2] + p[2] / 4], [0, 0, 0]);
    const far = subtract(minor!, center).map((part, axis) => center[axis as 0]! + part * 50) as unknown as Vec3;
    const moved = tool.settled!(tool.moved(value, 2, far, facing)) as unknown as { major_axis: [Vec3, Vec3]; minor_axis: [Vec3, Vec3] };
    expect(distance(...moved.major_axis)).toBeGreaterThan(distance(...moved.minor_axis));
    const across = dot(subtract(moved.major_axis[1], moved.major_axis[0]), subtract(moved.minor_axis[1], moved.minor_axis[0]));
    expect(across).toBeCloseTo(0, 6);
  });

  it("stays a circle where it is one", () => {
    const { value, facing } = drawn("circle");
    const tool = toolNamed("circle");
    const moved = tool.moved(value, 3, clicked("oblique", [[20, 20]]).places[0]!, facing);
    expect(tool.fits(moved)).toBe(true);
  });
});

describe("the two diameters", () => {
  it("stay at right angles whatever end is moved", () => {
    const tool = toolNamed("bidirectional");
    const { value, facing } = drawn("bidirectional");
    let now = value;
    [[30, 40], [400, 200], [222, 111], [350, 320]].forEach((click, index) => {
      now = tool.moved(now, index, clicked("oblique", [click as [number, number]]).places[0]!, facing);
      const [a, b, c, d] = tool.handles(now);
      const cosine = dot(subtract(b!, a!), subtract(d!, c!)) / (distance(a!, b!) * distance(c!, d!));
      expect(cosine).toBeCloseTo(0, 6);
    });
    const settled = tool.settled!(now);
    expect(figure("bidirectional", settled, "Long axis")).toBeGreaterThanOrEqual(figure("bidirectional", settled, "Short axis"));
  });

  it("lets a long end go exactly where it is taken", () => {
    const tool = toolNamed("bidirectional");
    const { value, facing } = drawn("bidirectional");
    const to = clicked("oblique", [[40, 60]]).places[0]!;
    expect(close(tool.handles(tool.moved(value, 0, to, facing))[0]!, to)).toBe(true);
  });
});

describe("a box", () => {
  it("goes along with the face that is moved, and leaves the opposite one", () => {
    const tool = toolNamed("box-3d");
    const { value, facing } = drawn("box-3d");
    const before = tool.handles(value);
    const to = before[5]!.map((part, axis) => part + facing.normal[axis as 0] * 7) as unknown as Vec3;
    const after = tool.handles(tool.moved(value, 5, to, facing));
    expect(close(after[5]!, to, 1e-9)).toBe(true);
    expect(close(after[4]!, before[4]!, 1e-9)).toBe(true);
    expect(tool.fits(tool.moved(value, 5, to, facing))).toBe(true);
  });

  it("is a rectangle in the plane it was drawn in, and nothing beside itself", () => {
    const tool = toolNamed("box-3d");
    const { value, places, facing } = drawn("box-3d");
    const [outline] = tool.section!(value, { facing, point: places[0]!, reach: 0.5 });
    expect(outline!.points).toHaveLength(4);
    for (const place of places) expect(outline!.points.some((corner) => close(corner, place, 1e-6))).toBe(true);
    const far = places[0]!.map((part, axis) => part + facing.normal[axis as 0] * 500) as unknown as Vec3;
    expect(tool.section!(value, { facing, point: far, reach: 0.5 })).toEqual([]);
  });
});

describe("a curve", () => {
  it("goes through its places and comes back as the same places", () => {
    const { value, places } = drawn("spline");
    const tool = toolNamed("spline");
    expect(tool.handles(JSON.parse(JSON.stringify(value)) as GeometryValue)).toEqual(places);
    expect(toolFor(value)).toBe("spline");
  });

  it("changes only near the place that is moved", () => {
    const many = Array.from({ length: 12 }, (_, index): Vec3 => [Math.cos(index), Math.sin(index), index]);
    const before = splinePoints(many, true);
    const after = splinePoints(many.map((place, index) => (index === 5 ? ([9, 9, 9] as Vec3) : place)), true);
    expect(after[0]).toEqual(before[0]);
    expect(after[11 * 16]).toEqual(before[11 * 16]);
    expect(after[5 * 16]).toEqual([9, 9, 9]);
  });

  it("drawn elsewhere is a polygon", () => {
    const { value } = drawn("spline");
    const other = withPoints(value, (point) => [Math.round(point[0]), point[1], point[2]]);
    expect(toolFor(other)).toBe("polygon");
  });
});

describe("values of many objects", () => {
  it("are gathered from marks of their kind and spread again", () => {
    const marks = [drawn("length").value, drawn("length", "coronal").value, drawn("rectangle").value];
    const value = answerValue("MDIS", marks)!;
    expect(faultsOf("MDIS", value)).toEqual([]);
    expect(spread(value)).toEqual(marks.slice(0, 2));
    expect(answerValue("DIST", marks)).toEqual(marks[1]);
    expect(answerValue("POIN", marks)).toBeNull();
    expect(fitsKind(drawn("multi-point").value, "MPOI")).toBe(true);
    expect(fitsKind(drawn("multi-point").value, "POIN")).toBe(false);
  });

  it.each(["M2DB", "MDIS", "MPOI", "MPOL", "MLIN", "MANG", "M3AN", "MELL"] as const)("as %s are edited object by object", (kind) => {
    const tool = DRAWING_TOOLS.find((each) => fitsKind(drawn(each).value, kind) && kindOf(drawn(each).value) !== kind)!;
    const value = gathered(kind, [drawn(tool).value, drawn(tool, "coronal").value, drawn(tool, "stored").value]);
    expect(faultsOf(kind, value)).toEqual([]);
    const id = toolFor(value)!;
    const definition = toolNamed(id);
    const handles = definition.handles(value);
    const moved = definition.moved(value, handles.length - 1, [1, 2, 3], FACINGS.oblique);
    expect(faultsOf(kind, moved)).toEqual([]);
    expect(spread(moved)[0]).toEqual(spread(value)[0]);
    expect(spread(moved)[2]).not.toEqual(spread(value)[2]);
  });
});

describe("a screen place", () => {
  it("becomes the voxel it shows", () => {
    const { places, back } = clicked("stored", [[200.5, 100.25]]);
    const [x, y] = back(places[0]!);
    expect([x, y]).toEqual([expect.closeTo(200.5, 6), expect.closeTo(100.25, 6)]);
    expect(worldToVoxel(META, places[0]!).every(Number.isFinite)).toBe(true);
  });
});
