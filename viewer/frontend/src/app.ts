/** The application behind the first paint: panels and everything that draws for them. */

import { readArrangement } from "./core/arrangement";
import type { Boot } from "./first/boot";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { AskedTools } from "./state/asked";
import { AskedMasks } from "./state/asked-masks";
import { displaySetOf, keepAnnotations } from "./state/keeping";
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
  new AskedMasks({
    masks: workspace.masks,
    show: (viewport) => {
      const pane = viewport ? paneOf(viewport) : null;
      if (pane !== null) workspace.activate(pane);
      const { layer, state } = workspace.active;
      return layer ? { image: layer, timepoint: state.timepoint } : null;
    },
    tool: () => workspace.state.tools.left,
    setTool: (tool) => { workspace.setTool("left", tool); },
    onTool: (listener) => { workspace.on("change", ({ tools }) => { listener(tools.left); }); },
    refocus: desk.refocus,
  });
  workspace.catchUp();
}
