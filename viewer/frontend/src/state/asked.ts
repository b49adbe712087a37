/** Questions beside the images (`core/reading-messages`): their annotations, and which tool draws the answer. */

import { type AskedAnnotation, hear, tell } from "../core/reading-messages";
import { worldToVoxel } from "../core/geometry";
import { newId } from "../core/ids";
import type { LayerMeta, Vec3 } from "../core/meta";
import { sameJson } from "../core/objects";
import { spread, fitsKind } from "../tools/many";
import { defaultTool, toolFor } from "../tools/registry";
import { type GeometryKind, type GeometryValue, MANY_OF, isGeometryType, pointsOf } from "../tools/values";
import type { Annotation, How, Question } from "./annotations";
import { jumpTo } from "./jump";
import type { Tool } from "./workspace-state";
import type { Workspace } from "./workspace";

/** Kinds that are drawn here. Masks have a part of their own. */
export const ASKED_KINDS: readonly GeometryKind[] = Object.entries(MANY_OF).flat() as GeometryKind[];

function isAskedKind(kind: string): kind is GeometryKind {
  return (ASKED_KINDS as readonly string[]).includes(kind);
}

export interface AskedOptions {
  readonly workspace: Workspace;
  /** The pane that shows what hangs in a named viewport; null when there is none. */
  readonly paneOf?: (viewport: string) => number | null;
  /** Gives the keyboard to the picture. */
  readonly refocus: () => void;
  readonly target?: EventTarget;
}

export class AskedTools {
  private readonly workspace: Workspace;
  private readonly paneOf: (viewport: string) => number | null;
  private readonly refocus: () => void;
  private readonly target: EventTarget;
  private asked: readonly AskedAnnotation[] = [];
  /** Whether the panel spoke before the images were known. */
  private isEarly = false;
  /** What the left button held before a question took it. */
  private before: Tool | null = null;

  constructor({ workspace, paneOf, refocus, target = window }: AskedOptions) {
    this.workspace = workspace;
    this.paneOf = paneOf ?? (() => null);
    this.refocus = refocus;
    this.target = target;
    hear("hounsfield:hello", () => { this.greet(); }, target);
    hear("hounsfield:annotations", ({ annotations }) => { this.take(annotations); }, target);
    hear("hounsfield:draw", ({ key }) => { this.draw(key); }, target);
    hear("hounsfield:stop", ({ key }) => { if (workspace.annotations.asked?.id === key) this.stop(); }, target);
    hear("hounsfield:jump", ({ key, index }) => { this.jump(key, index); }, target);
    hear("hounsfield:erase", ({ key, index }) => { this.erase(key, index); }, target);
    hear("hounsfield:picture", refocus, target);
    workspace.annotations.on("answer", ({ question, how }) => { this.answer(question, how); });
    // The panel may have been faster than the images. Later on, what was drawn since is not to be taken back.
    workspace.on("described", () => { if (this.isEarly) this.take(this.asked); });
    workspace.on("change", ({ tools }) => { this.follow(tools.left); });
    this.greet();
  }

  private greet(): void {
    tell("hounsfield:tools", { kinds: ASKED_KINDS }, this.target);
  }

  private find(key: string): AskedAnnotation | undefined {
    return this.asked.find((each) => each.key === key && isAskedKind(each.kind));
  }

  private take(list: readonly AskedAnnotation[]): void {
    this.asked = list;
    this.isEarly = this.workspace.images.length === 0;
    this.workspace.annotations.loadAnswers(list.flatMap((entry) => marksOf(this.workspace, entry)));
  }

  private draw(key: string): void {
    const { workspace, target } = this;
    const entry = this.find(key);
    if (!entry) return;
    if (entry.locked) {
      tell("hounsfield:refused", { key, reason: "This answer can only be looked at." }, target);
      return;
    }
    const pane = entry.viewport ? this.paneOf(entry.viewport) : null;
    if (pane !== null) workspace.activate(pane);
    const before = this.before ?? workspace.state.tools.left;
    const tool = workspace.annotations.ask(questionOf(entry));
    if (tool) workspace.setTool("left", tool);
    this.before = before;
    this.refocus();
    tell("hounsfield:drawing", { key }, target);
  }

  private stop(): void {
    const { before, workspace } = this;
    this.before = null;
    workspace.annotations.ask(null);
    workspace.drawing.cancel();
    if (before) workspace.setTool("left", before);
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  /** Another tool was taken: the question waits. */
  private follow(tool: Tool): void {
    const question = this.workspace.annotations.asked;
    if (!question || tool === (question.tool ?? defaultTool(question.kind)) || drawsFor(question, tool)) return;
    this.workspace.annotations.ask(null);
    this.before = null;
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  private jump(key: string, index: number): void {
    const mark = this.workspace.annotations.marksOf(key)[index];
    if (mark) jumpTo(this.workspace, mark.id);
  }

  private erase(key: string, index: number | null): void {
    const { annotations } = this.workspace;
    const marks = annotations.marksOf(key);
    for (const mark of index === null ? marks : marks.slice(index, index + 1)) annotations.remove(mark.id);
  }

  private answer(key: string, how: How): void {
    const entry = this.find(key);
    if (!entry) return;
    const value = this.workspace.annotations.answer({ id: key, kind: entry.kind as GeometryKind });
    tell("hounsfield:drawn", { key, value, how }, this.target);
  }
}

/** Tools that make what a question wants, beside its usual one. */
const OTHERS: Readonly<Partial<Record<string, readonly Tool[]>>> = {
  ELLI: ["circle"],
  POLY: ["spline", "freehand"],
  POIN: ["probe", "point-3d"],
  LINE: ["arrow"],
};

function drawsFor({ kind }: Question, tool: Tool): boolean {
  const single = Object.entries(MANY_OF).find(([one, many]) => one === kind || many === kind)?.[0] ?? "";
  return OTHERS[single]?.includes(tool) ?? false;
}

function questionOf({ key, kind, label, color }: AskedAnnotation): Question {
  return { id: key, kind: kind as GeometryKind, label, ...(color ? { color } : {}) };
}

/** The objects of an answer as marks that can be edited one by one. */
function marksOf(workspace: Workspace, entry: AskedAnnotation): readonly Annotation[] {
  const { kind, value, key, locked, label, color } = entry;
  if (!isAskedKind(kind) || !isGeometryType((value as { type?: unknown } | null)?.type)) return [];
  // Each stands for one object, also where two objects are the same.
  const known = [...workspace.annotations.marksOf(key)];
  const answer = value as GeometryValue;
  if (!fitsKind(answer, kind)) return [];
  const image = imageUnder(answer, workspace);
  return spread(answer).flatMap((each) => {
    const at = known.findIndex((mark) => sameJson(mark.value, each));
    const same = at < 0 ? undefined : known.splice(at, 1)[0];
    const tool = same?.tool ?? toolFor(each, defaultTool(kind));
    if (!tool) return [];
    return [{
      id: same?.id ?? newId(),
      tool,
      image: same?.image || image,
      frame: same?.frame ?? null,
      value: each,
      label,
      color: color || workspace.annotations.color,
      question: key,
      author: workspace.annotations.me,
      mine: true,
      editable: !locked,
      version: 0,
      saving: "saved" as const,
    }];
  });
}

/** A value does not say on which image it was drawn: the first that it lies on, beginning with the one that is looked at. */
function imageUnder(value: GeometryValue, { active, images }: Workspace): string {
  const layers = active.layer ? [active.layer, ...images] : images;
  const points = pointsOf(value);
  const under = layers.find(({ meta }) => points.every((point) => isWithin(meta, point)));
  return (under ?? layers[0])?.meta.image ?? "";
}

/** Within half a voxel of the image's voxels. */
function isWithin(meta: LayerMeta, point: Vec3): boolean {
  return worldToVoxel(meta, point).every((place, axis) => place >= -0.5 && place <= (meta.size[axis] ?? 0) - 0.5);
}
