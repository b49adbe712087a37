/** Annotations over a picture, and what is being drawn. Lines of the patient become lines of the screen here. */

import type { Vec3 } from "../core/meta";
import { figuresOf, pixelFigures } from "../state/readings";
import type { Annotation, GeometryValue, Mark, Pane, Workspace } from "../state/workspace";
import type { ScreenPoint, ScreenShape } from "../tools/hits";
import { shownPieces } from "../tools/pieces";
import { toolNamed } from "../tools/registry";
import { figureLines, pixelText } from "./mark-words";

const SVG = "http://www.w3.org/2000/svg";
const HANDLE = 4;
const POINT_ARM = 6;
const ARROW_HEAD = 11;
const LABEL_GAP = 9;
const LINE_HEIGHT = 15;

/** Where the keyboard would put the next place. */
export interface KeyCursor {
  readonly x: number;
  readonly y: number;
}

export class MarkLayer {
  readonly root = document.createElementNS(SVG, "svg");
  /** Shown while places are given by keys. */
  cursor: KeyCursor | null = null;
  /** Handle that the arrow keys move. */
  held: { readonly id: string; readonly handle: number } | null = null;
  private readonly pane: Pane;
  private readonly workspace: Workspace;
  private shown = "";
  private readonly said = new WeakMap<GeometryValue, readonly string[]>();

  constructor(workspace: Workspace, pane: Pane) {
    this.workspace = workspace;
    this.pane = pane;
    this.root.setAttribute("class", "hv-marks");
    this.root.setAttribute("aria-hidden", "true");
    const { default_annotation_line_width: width } = workspace.arrangement.settings;
    if (width) this.root.style.setProperty("--hv-mark-width", `${width}px`);
  }

  show(): void {
    const nodes = [...this.pane.marks.map((mark) => this.drawn(mark)), ...this.draft(), ...this.keyCursor()];
    const text = nodes.map((node) => node.outerHTML).join("");
    if (text === this.shown) return;
    this.shown = text;
    this.root.replaceChildren(...nodes);
  }

  /** What can be taken hold of: the lines of all, the handles of the selected one. */
  get shapes(): readonly ScreenShape[] {
    const { selected } = this.workspace.annotations;
    return this.pane.marks.map(({ annotation, pieces, handles }) => ({
      id: annotation.id,
      lines: pieces.map(({ points, closed }) => ({ points: points.map((point) => this.at(point)), closed })),
      handles: annotation.id === selected?.id && annotation.editable ? handles.map((handle) => handle && this.at(handle)) : [],
    }));
  }

  private at(world: Vec3): ScreenPoint {
    return this.pane.project(world);
  }

  private drawn(mark: Mark): SVGElement {
    const { annotation, pieces, handles, beside } = mark;
    const selected = this.workspace.annotations.selected?.id === annotation.id;
    const group = part("g", {
      class: [
        "hv-mark",
        selected ? "hv-mark-selected" : "",
        annotation.mine ? "" : "hv-mark-theirs",
        beside ? "hv-mark-beside" : "",
        annotation.saving === "conflict" ? "hv-mark-conflict" : "",
      ].filter(Boolean).join(" "),
      "data-annotation": annotation.id,
    });
    group.style.color = annotation.color;
    for (const { points, closed, look } of pieces) group.append(...lineParts(points.map((point) => this.at(point)), closed, look));
    if (selected && annotation.editable) {
      handles.forEach((handle, index) => {
        if (!handle) return;
        const [cx, cy] = this.at(handle);
        const held = this.held?.id === annotation.id && this.held.handle === index;
        group.append(part("circle", { class: held ? "hv-handle hv-handle-held" : "hv-handle", cx: near(cx), cy: near(cy), r: String(held ? HANDLE + 2 : HANDLE) }));
      });
    }
    if (!beside) group.append(...this.labels(annotation, pieces.flatMap(({ points }) => points)));
    return group;
  }

  private labels(annotation: Annotation, points: readonly Vec3[]): readonly SVGElement[] {
    const lines = [...(annotation.label ? [annotation.label] : []), ...this.figures(annotation)];
    if (lines.length === 0 || points.length === 0) return [];
    const [x, y] = labelPlace(points.map((point) => this.at(point)), this.pane.size, lines);
    return lines.map((line, index) => {
      const text = part("text", { x: near(x), y: near(y + index * LINE_HEIGHT) });
      text.textContent = line;
      return text;
    });
  }

  /** Pixels are looked at once the mark lies still, and kept as long as it does. */
  private figures({ tool, value, image, frame }: Annotation): readonly string[] {
    const lines = figureLines(figuresOf(tool, value));
    if (this.workspace.annotations.dragging) return lines;
    const known = this.said.get(value);
    if (known) return known;
    const layer = this.workspace.images.find(({ meta }) => meta.image === image);
    const pixels = layer ? pixelFigures(tool, value, layer, frame?.timepoint ?? 0) : [];
    const all = [...lines, ...pixels.filter(({ name }) => name === "Mean" || name === "Value").map(pixelText)];
    if (pixels.length > 0 && pixels.every(({ exact }) => exact)) this.said.set(value, all);
    return all;
  }

  private draft(): readonly SVGElement[] {
    const { drawing } = this.workspace;
    const { draft, outlook, trail } = drawing;
    const { cut } = this.pane;
    if (!draft || !cut || draft.image !== this.pane.layer?.meta.image) return [];
    const group = part("g", { class: "hv-mark hv-mark-draft" });
    group.style.color = this.workspace.annotations.asked?.color ?? this.workspace.annotations.color;
    if (outlook) {
      const tool = toolNamed(draft.tool);
      for (const { points, closed, look } of shownPieces(tool, outlook, cut)) {
        group.append(...lineParts(points.map((point) => this.at(point)), closed, look));
      }
    } else if (trail.length > 1) {
      group.append(...lineParts(trail.map((point) => this.at(point)), false, "line"));
    }
    if (toolNamed(draft.tool).takes.by !== "stroke") {
      for (const place of draft.places) {
        const [cx, cy] = this.at(place);
        group.append(part("circle", { class: "hv-handle", cx: near(cx), cy: near(cy), r: String(HANDLE - 1) }));
      }
    }
    if (outlook) {
      const lines = figureLines(figuresOf(draft.tool, outlook)).slice(0, 2);
      const [x, y] = labelPlace(trail.map((point) => this.at(point)), this.pane.size, lines);
      lines.forEach((line, index) => {
        const text = part("text", { x: near(x), y: near(y + index * LINE_HEIGHT) });
        text.textContent = line;
        group.append(text);
      });
    }
    return [group];
  }

  private keyCursor(): readonly SVGElement[] {
    if (!this.cursor) return [];
    const { x, y } = this.cursor;
    const group = part("g", { class: "hv-key-cursor" });
    for (const [dx, dy] of [[14, 0], [-14, 0], [0, 14], [0, -14]] as const) {
      group.append(part("line", { x1: near(x + dx / 4), y1: near(y + dy / 4), x2: near(x + dx), y2: near(y + dy) }));
    }
    return [group];
  }
}

/** Each line twice: a dark edge below makes it stand out on white bone as on black air. */
function lineParts(points: readonly ScreenPoint[], closed: boolean, look: string): readonly SVGElement[] {
  const [first] = points;
  if (!first) return [];
  const d = look === "point" ? crossPath(first) : linePath(points, closed) + (look === "arrow" ? arrowHead(points) : "");
  const thin = look === "thin" ? " hv-line-thin" : "";
  return [part("path", { class: "hv-line-edge", d }), part("path", { class: `hv-line${thin}`, d })];
}

function linePath(points: readonly ScreenPoint[], closed: boolean): string {
  const steps = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${near(x)} ${near(y)}`).join("");
  return closed ? `${steps}Z` : steps;
}

function crossPath([x, y]: ScreenPoint): string {
  const arm = POINT_ARM;
  return `M${near(x - arm)} ${near(y)}H${near(x + arm)}M${near(x)} ${near(y - arm)}V${near(y + arm)}`;
}

function arrowHead(points: readonly ScreenPoint[]): string {
  const tip = points.at(-1);
  const tail = points.at(-2);
  if (!tip || !tail) return "";
  const angle = Math.atan2(tip[1] - tail[1], tip[0] - tail[0]);
  const side = (turn: number): string =>
    `M${near(tip[0])} ${near(tip[1])}L${near(tip[0] - ARROW_HEAD * Math.cos(angle + turn))} ${near(tip[1] - ARROW_HEAD * Math.sin(angle + turn))}`;
  return side(0.45) + side(-0.45);
}

/** Right of the rightmost point, inside the pane. */
function labelPlace(points: readonly ScreenPoint[], size: { width: number; height: number }, lines: readonly string[]): ScreenPoint {
  const [x, y] = points.reduce((best, point) => (point[0] > best[0] ? point : best), points[0] ?? [0, 0]);
  const width = 7 * Math.max(0, ...lines.map((line) => line.length));
  const left = x + LABEL_GAP + width > size.width ? Math.min(...points.map((point) => point[0])) - LABEL_GAP - width : x + LABEL_GAP;
  const top = Math.min(size.height - lines.length * LINE_HEIGHT, Math.max(LINE_HEIGHT, y + 4));
  return [Math.max(2, left), top];
}

/** Hundredths of a pixel are finer than any screen. */
function near(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function part(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
