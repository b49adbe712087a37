/** Questions beside the images (`core/reading-messages`): their annotations, and which tool draws the answer. */

import { type AskedAnnotation, hear, tell } from "../core/reading-messages";
import { newId } from "../core/ids";
import { spread, fitsKind } from "../tools/many";
import { defaultTool, toolFor } from "../tools/registry";
import { type GeometryKind, type GeometryValue, MANY_OF, isGeometryType } from "../tools/values";
import type { Annotation, Question } from "./annotations";
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

/** Listens to the panel until the returned function is called. */
export function answerWithTools({ workspace, paneOf, refocus, target = window }: AskedOptions): () => void {
  const { annotations } = workspace;
  let asked: readonly AskedAnnotation[] = [];
  let before: Tool | null = null;
  const find = (key: string): AskedAnnotation | undefined => asked.find((each) => each.key === key && isAskedKind(each.kind));
  const stop = (): void => {
    if (annotations.asked === null) return;
    annotations.ask(null);
    workspace.drawing.cancel();
    if (before) workspace.setTool("left", before);
    before = null;
    tell("hounsfield:drawing", { key: null }, target);
  };
  const draw = (key: string): void => {
    const entry = find(key);
    if (!entry) return;
    if (entry.locked) {
      tell("hounsfield:refused", { key, reason: "This answer can only be looked at." }, target);
      return;
    }
    const pane = entry.viewport ? (paneOf?.(entry.viewport) ?? null) : null;
    if (pane !== null) workspace.activate(pane);
    before ??= workspace.state.tools.left;
    const tool = annotations.ask(questionOf(entry));
    if (tool) workspace.setTool("left", tool);
    refocus();
    tell("hounsfield:drawing", { key }, target);
  };
  const ends = [
    hear("hounsfield:hello", () => { tell("hounsfield:tools", { kinds: ASKED_KINDS }, target); }, target),
    hear("hounsfield:annotations", ({ annotations: list }) => {
      asked = list;
      annotations.loadAnswers(list.flatMap((entry) => marksOf(workspace, entry)));
    }, target),
    hear("hounsfield:draw", ({ key }) => { draw(key); }, target),
    hear("hounsfield:stop", ({ key }) => { if (annotations.asked?.id === key) stop(); }, target),
    hear("hounsfield:jump", ({ key, index }) => {
      const mark = annotations.marksOf(key)[index];
      if (mark) jumpTo(workspace, mark.id);
    }, target),
    hear("hounsfield:erase", ({ key, index }) => {
      const marks = annotations.marksOf(key);
      for (const mark of index === null ? marks : marks.slice(index, index + 1)) annotations.remove(mark.id);
    }, target),
    hear("hounsfield:picture", refocus, target),
    annotations.on("answer", ({ question, how }) => {
      const entry = find(question);
      if (!entry) return;
      const value = annotations.answer({ id: question, kind: entry.kind as GeometryKind });
      tell("hounsfield:drawn", { key: question, value, how }, target);
    }),
    // Another tool was taken: the question waits.
    workspace.on("change", ({ tools }) => {
      const question = annotations.asked;
      if (question && tools.left !== (question.tool ?? defaultTool(question.kind)) && !drawsFor(question, tools.left)) {
        annotations.ask(null);
        before = null;
        tell("hounsfield:drawing", { key: null }, target);
      }
    }),
  ];
  tell("hounsfield:tools", { kinds: ASKED_KINDS }, target);
  return () => { ends.forEach((end) => { end(); }); };
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
  const known = workspace.annotations.marksOf(key);
  const image = (workspace.active.layer ?? workspace.images[0])?.meta.image ?? "";
  const answer = value as GeometryValue;
  if (!fitsKind(answer, kind)) return [];
  return spread(answer).flatMap((each) => {
    const text = JSON.stringify(each);
    const same = known.find((mark) => JSON.stringify(mark.value) === text);
    const tool = same?.tool ?? toolFor(each, defaultTool(kind));
    if (!tool) return [];
    return [{
      id: same?.id ?? newId(),
      tool,
      image: same?.image ?? image,
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
