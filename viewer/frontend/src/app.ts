/** The application behind the first paint: panels and everything that draws for them. */

import { readArrangement } from "./core/arrangement";
import type { Boot } from "./first/boot";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { ASKED_MASK, AskedMasks } from "./state/asked-masks";
import { AskedTools } from "./state/asked";
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
  const asked = { workspace, paneOf, refocus: desk.refocus };
  // A mask is an answer by its place on the site: nothing of it where nothing is kept.
  if (keeping) new AskedMasks(asked);
  new AskedTools({ ...asked, others: keeping ? [ASKED_MASK] : [] });
  workspace.catchUp();
}
