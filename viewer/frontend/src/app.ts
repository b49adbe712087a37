/** The application behind the first paint: panels and everything that draws for them. */

import { readArrangement } from "./core/arrangement";
import { voxelToWorld } from "./core/geometry";
import type { Boot } from "./first/boot";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { AskedTools } from "./state/asked";
import { AskedMasks, type MaskDesk } from "./state/asked-masks";
import { displaySetOf, keepAnnotations } from "./state/keeping";
import { atOwnTimepoint } from "./state/masks";
import { Workspace } from "./state/workspace";

const BLACK = [0, 0, 0] as const;

export function start({ session, root, first }: Boot): void {
  const { title = "", backUrl = "" } = root.dataset;
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const arrangement = readArrangement(document);
  const workspace = new Workspace(session, { tool: touch ? "scroll" : "window", background: BLACK, arrangement });
  window.hounsfieldViewer = inspectionOf(workspace);
  const set = displaySetOf(root.dataset);
  const csrfToken = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const keeping = set && keepAnnotations(workspace, set, csrfToken);
  const desk = buildLayout({ workspace, root, title, backUrl, first, keeping });
  const paneOf = (viewport: string): number | null => {
    const place = workspace.state.hanging?.home.findIndex(({ name }) => name === viewport) ?? -1;
    return place < 0 ? null : place;
  };
  new AskedTools({ workspace, paneOf, refocus: desk.refocus });
  // A mask is an answer by its place on the site: nothing of it where nothing is kept.
  if (keeping) new AskedMasks(maskDesk(workspace, paneOf, desk.refocus));
  workspace.catchUp();
}

function maskDesk(workspace: Workspace, paneOf: (viewport: string) => number | null, refocus: () => void): MaskDesk {
  return {
    masks: workspace.masks,
    show: (viewport) => {
      const pane = viewport ? paneOf(viewport) : null;
      if (pane !== null) workspace.activate(pane);
      const { layer, state } = workspace.active;
      return layer ? { image: layer, timepoint: atOwnTimepoint(layer, state) } : null;
    },
    jump: (image, voxel) => {
      const pane = workspace.visible.find(({ layer }) => layer === image);
      if (!pane) return;
      workspace.activate(pane.id);
      pane.moveTo(voxelToWorld(image.meta, voxel));
    },
    tool: () => workspace.state.tools.left,
    setTool: (tool) => { workspace.setTool("left", tool); },
    onTool: (listener) => { workspace.on("change", ({ tools }) => { listener(tools.left); }); },
    refocus,
  };
}
