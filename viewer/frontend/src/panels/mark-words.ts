/** How annotations are named and measured for people. */

import { formatValue } from "../core/window-level";
import type { PixelFigure } from "../state/readings";
import type { Annotation } from "../state/annotations";
import type { AnnotationTool, DrawingTool } from "../tools/registry";
import type { Figure } from "../tools/tool";
import * as icons from "./icons";

export interface ToolWords {
  readonly id: DrawingTool;
  readonly name: string;
  /** How it is drawn. */
  readonly how: string;
  /** As people write it. */
  readonly key: string;
  readonly icon: string;
}

export const DRAWING: readonly { readonly title: string; readonly tools: readonly ToolWords[] }[] = [
  {
    title: "Measure",
    tools: [
      { id: "length", name: "Length", how: "drag from end to end", key: "!", icon: icons.length },
      { id: "bidirectional", name: "Two diameters", how: "drag along the longest one", key: "Shift B", icon: icons.bidirectional },
      { id: "angle", name: "Angle", how: "three places, the corner second", key: "Shift A", icon: icons.angle },
      { id: "cobb", name: "Cobb angle", how: "two lines, two places each", key: "Shift C", icon: icons.cobb },
      { id: "probe", name: "Probe", how: "one place, shows its value", key: "Shift V", icon: icons.probe },
    ],
  },
  {
    title: "Outline",
    tools: [
      { id: "rectangle", name: "Rectangle", how: "drag from corner to corner", key: "Shift R", icon: icons.rectangle },
      { id: "ellipse", name: "Ellipse", how: "drag from corner to corner", key: "Shift G", icon: icons.ellipse },
      { id: "circle", name: "Circle", how: "drag from its middle", key: "Shift Q", icon: icons.circle },
      { id: "polygon", name: "Polygon", how: "corner by corner, the last one twice", key: "Shift P", icon: icons.polygon },
      { id: "spline", name: "Smooth outline", how: "place by place, the last one twice", key: "Shift S", icon: icons.spline },
      { id: "freehand", name: "Freehand", how: "draw around it", key: "Shift H", icon: icons.freehand },
    ],
  },
  {
    title: "Point out",
    tools: [
      { id: "point", name: "Point", how: "one place", key: "Shift D", icon: icons.point },
      { id: "multi-point", name: "Several points", how: "place by place, the last one twice", key: "Shift M", icon: icons.multiPoint },
      { id: "arrow", name: "Arrow", how: "drag from its tail to its head", key: "Shift W", icon: icons.arrow },
      { id: "line", name: "Line", how: "place by place, the last one twice", key: "Shift N", icon: icons.line },
    ],
  },
  {
    title: "In the volume",
    tools: [
      { id: "point-3d", name: "Point in 3D", how: "one place; put right in the other planes", key: "Shift U", icon: icons.point3d },
      { id: "box-3d", name: "Box in 3D", how: "drag a rectangle; move its faces in any plane", key: "Shift Z", icon: icons.box3d },
    ],
  },
];

export const DRAWING_WORDS: readonly ToolWords[] = DRAWING.flatMap(({ tools }) => tools);

export function toolWords(tool: AnnotationTool): Pick<ToolWords, "name" | "icon"> {
  return DRAWING_WORDS.find(({ id }) => id === tool) ?? { name: "Several marks", icon: icons.multiPoint };
}

/** Digits that a reader wants: tenths of millimetres and degrees. */
export function figureText({ value, unit }: Pick<Figure, "value" | "unit">): string {
  if (unit === "") return String(value);
  if (unit === "mm³" && value >= 1000) return `${(value / 1000).toFixed(1)} cm³`;
  if (unit === "mm²" && value >= 1000) return `${(value / 100).toFixed(1)} cm²`;
  return unit === "°" ? `${value.toFixed(1)}°` : `${value.toFixed(1)} ${unit}`;
}

/** Beside a mark the number says enough where there is one alone. */
const PLAIN = new Set(["Length", "Angle", "Points", "Objects"]);

export function figureLines(figures: readonly Figure[]): readonly string[] {
  return figures.map((figure) => (PLAIN.has(figure.name) ? figureText(figure) : `${figure.name} ${figureText(figure)}`));
}

export function pixelText({ name, value, unit, exact }: PixelFigure): string {
  const number = formatValue(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  return `${name === "Value" ? "" : `${name} `}${exact ? "" : "≈ "}${number} ${unit}`.trim();
}

/** What it is called in lists and aloud. */
export function markName(annotation: Annotation): string {
  return annotation.label || toolWords(annotation.tool).name;
}
