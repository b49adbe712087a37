/** What screen readers are told: the slice, once scrolling has paused, and what was drawn. */

import { figuresOf } from "../state/readings";
import type { Annotation, Workspace } from "../state/workspace";
import { element } from "./element";
import { figureLines, markName } from "./mark-words";
import { orientationName } from "./words";

const AFTER = 500;

export function liveRegion(workspace: Workspace): HTMLElement {
  const region = element("div", { class: "hv-visually-hidden", role: "status", "aria-live": "polite" });
  let said = "";
  let timer: number | undefined;
  workspace.on("change", () => {
    const sentence = sentenceOf(workspace);
    if (sentence === said) return;
    said = sentence;
    window.clearTimeout(timer);
    // While a film runs nobody wants to hear each of its slices.
    if (workspace.active.state.cine.playing) return;
    timer = window.setTimeout(() => { region.textContent = sentence; }, AFTER);
  });
  workspace.annotations.on("edited", ({ before, after }) => {
    window.clearTimeout(timer);
    region.textContent = editSentence(before, after);
  });
  return region;
}

function editSentence(before: Annotation | null, after: Annotation | null): string {
  const annotation = after ?? before;
  if (!annotation) return "";
  const how = !before ? "drawn" : after ? "changed" : "deleted";
  const figures = after ? figureLines(figuresOf(after.tool, after.value)) : [];
  return [`${markName(annotation)} ${how}`, ...figures].join(", ");
}

function sentenceOf({ active: pane }: Workspace): string {
  const meta = pane.layer?.meta;
  if (!meta) return "This pane is empty";
  const { orientation, timepoint } = pane.state;
  const parts = [`${orientation === "stored" ? "Slice" : `${orientationName(orientation)} slice`} ${pane.index + 1} of ${pane.count}`];
  if (meta.timepoints > 1) parts.push(`time point ${timepoint + 1} of ${meta.timepoints}`);
  return parts.join(", ");
}
