/** Finds a pane for an annotation and brings it there. */

import { VERSION } from "../tools/values";
import type { Draft } from "./drawing";
import type { Pane, Workspace } from "./workspace";

/** The pane that shows it already (the active one first), else one with its image, else the active one opens its image. */
export function jumpTo(workspace: Workspace, id: string): void {
  const annotation = workspace.annotations.get(id);
  if (!annotation) return;
  const { active, visible } = workspace;
  const order = [active, ...visible.filter((pane) => pane !== active)];
  const has = (pane: Pane): boolean => pane.layer?.meta.image === annotation.image;
  const shown = order.find((pane) => has(pane) && pane.marks.some((mark) => mark.annotation.id === id && !mark.beside));
  const pane = shown ?? order.find(has) ?? active;
  if (!has(pane)) {
    const layer = workspace.images.find(({ meta }) => meta.image === annotation.image);
    if (!layer) {
      workspace.emit("notice", "The image of this annotation is not part of this case any more.");
      return;
    }
    pane.showImage(layer.index);
  }
  workspace.annotations.show(id, true);
  workspace.annotations.select(id);
  pane.jumpTo(annotation);
  workspace.activate(pane.id);
}

/** What an earlier visit left half drawn, in sight and with its tool in hand. */
export function goOnDrawing(workspace: Workspace, { tool, image, places, facing, timepoint }: Draft): void {
  const pane = workspace.visible.find(({ layer }) => layer?.meta.image === image);
  if (!pane) return;
  workspace.setTool("left", tool);
  pane.jumpTo({
    tool,
    frame: { timepoint, normal: facing.normal, up: facing.up },
    value: { type: "Multiple points", version: VERSION, points: places.map((point) => ({ point })) },
  });
  workspace.emit("notice", "What you were drawing is here again. Go on, or press Escape to give it up.");
}
