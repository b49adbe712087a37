/** Finds a pane for an annotation and brings it there. */

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
  pane.jumpTo(id);
  workspace.activate(pane.id);
}
