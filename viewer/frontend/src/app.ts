/** The application behind the first paint: panels and everything that draws for them. */

import { readArrangement } from "./core/arrangement";
import type { Boot } from "./first/boot";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { Workspace } from "./state/workspace";

const BLACK = [0, 0, 0] as const;

export function start({ session, root, first }: Boot): void {
  const { title = "", backUrl = "" } = root.dataset;
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const arrangement = readArrangement(document);
  const workspace = new Workspace(session, { tool: touch ? "scroll" : "window", background: BLACK, arrangement });
  window.hounsfieldViewer = inspectionOf(workspace);
  buildLayout({ workspace, root, title, backUrl, first });
  workspace.catchUp();
}
