/** Two people changed the same mark: both versions beside each other, and the reader decides. Nothing is overwritten before. */

import type { ChangeFields, StoredAnnotation } from "../core/annotations";
import { figuresOf } from "../state/readings";
import type { Decision, Trouble } from "../state/autosave";
import type { Annotation } from "../state/annotations";
import { jumpTo } from "../state/jump";
import type { Keeping } from "../state/keeping";
import { type GeometryValue, isGeometryType } from "../tools/values";
import { toolFor } from "../tools/registry";
import type { Desk } from "./desk";
import { button, element } from "./element";
import { figureLines, toolWords } from "./mark-words";
import { maskText, meetingText } from "./mask-words";

export interface ConflictDialog {
  readonly root: HTMLDialogElement;
  /** Opens if anything waits for a decision. */
  open(): void;
}

/** What decides, and what is known of masks: they are no marks. */
type Deciding = Pick<Keeping, "autosave" | "masks">;

export function conflictDialog(desk: Desk, deciding: Deciding): ConflictDialog {
  const { autosave } = deciding;
  const dialog = element("dialog", { class: "hv-conflict", "aria-labelledby": "hv-conflict-title" });
  const next = (): void => {
    const [trouble] = autosave.conflicts;
    if (!trouble) {
      if (dialog.open) dialog.close();
      desk.refocus();
      return;
    }
    dialog.dataset.annotation = trouble.annotation;
    dialog.replaceChildren(...contentOf(desk, deciding, trouble, next));
    if (!dialog.open) dialog.showModal();
  };
  autosave.on("trouble", () => { if (!dialog.open) next(); });
  // The second click of a double one was not meant for the conflict that comes up under it.
  dialog.addEventListener("click", (event) => { if (event.detail > 1) event.stopPropagation(); }, { capture: true });
  dialog.addEventListener("close", () => {
    if (autosave.conflicts.length === 0) return;
    desk.workspace.emit("notice", "Your changes stay on this computer until you have chosen: “Choose …” is at the top.");
  });
  return { root: dialog, open: next };
}

function contentOf(desk: Desk, { autosave, masks }: Deciding, trouble: Trouble, next: () => void): Node[] {
  const { annotation, theirs, kind, problem } = trouble;
  const mine = desk.workspace.annotations.get(annotation);
  const mask = desk.workspace.masks.get(annotation);
  const meeting = masks.meeting(trouble);
  const decide = (decision: Decision) => (): void => { void autosave.decide(annotation, decision).then(next); };
  const look = (): void => { jumpTo(desk.workspace, annotation); };
  const name = theirs?.label || mine?.label || mask?.name || (mine ? toolWords(mine.tool).name : "This annotation");
  const title = element("h2", { id: "hv-conflict-title" }, kind === "conflict" ? `“${name}” was changed elsewhere, too` : `“${name}” could not be saved`);
  if (kind === "refused") {
    return [
      title,
      element("p", {}, problem || "The site does not take it as it is."),
      verbs(
        button({ label: "Show it", text: "Show it", onClick: () => { look(); closeOf(title); } }),
        button({ label: "Give up my change", text: "Give up my change", onClick: decide("theirs") }),
        button({ label: "Try again", text: "Try again", onClick: decide("mine") }),
      ),
    ];
  }
  const by = theirs?.changed_by ?? "somebody else";
  return [
    title,
    element("p", {}, theirs?.deleted ? `${by} deleted it while you changed it.` : `${by} changed it while you did. Nothing is lost: choose what is to stand.`),
    ...(meeting && !theirs?.deleted && !trouble.mine.deleted ? [element("p", {}, meetingText(meeting))] : []),
    element(
      "div",
      { class: "hv-conflict-sides" },
      side("Yours", meeting ? maskText(trouble.mine, meeting.mine) : mineText(mine, trouble.mine)),
      side(`By ${by}`, meeting && theirs ? maskText(theirs, meeting.theirs, mask) : theirsText(theirs)),
    ),
    verbs(
      button({ label: "Keep mine", text: "Keep mine", onClick: decide("mine") }),
      button({ label: `Keep that of ${by}`, text: theirs?.deleted ? "Leave it deleted" : `Keep that of ${by}`, onClick: decide("theirs") }),
      ...(theirs?.deleted || trouble.mine.deleted ? [] : [button({ label: "Keep both", text: "Keep both", onClick: decide("both") })]),
    ),
  ];
}

function closeOf(part: HTMLElement): void {
  part.closest("dialog")?.close();
}

function verbs(...buttons: HTMLButtonElement[]): HTMLElement {
  return element("div", { class: "hv-conflict-verbs" }, ...buttons);
}

function side(title: string, lines: readonly string[]): HTMLElement {
  return element("section", {}, element("h3", {}, title), ...lines.map((line) => element("p", {}, line)));
}

function mineText(mine: Annotation | undefined, fields: ChangeFields): readonly string[] {
  if (fields.deleted || !mine) return ["Deleted"];
  return textOf(mine.value, mine.tool, mine.label);
}

function theirsText(theirs: StoredAnnotation | null): readonly string[] {
  if (!theirs || theirs.deleted) return ["Deleted"];
  return textOf(theirs.value, theirs.tool, theirs.label);
}

function textOf(value: unknown, named: string, label: string): readonly string[] {
  const lines = label ? [`Name: ${label}`] : [];
  if (!isGeometryType((value as { type?: unknown } | null)?.type)) return [...lines, "A mask"];
  const tool = toolFor(value as GeometryValue, named);
  if (!tool) return lines;
  const figures = figureLines(figuresOf(tool, value as GeometryValue));
  return [...lines, toolWords(tool).name, ...figures];
}
