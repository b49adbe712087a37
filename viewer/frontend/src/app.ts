/** The application behind the first paint: panels and everything that draws for them. */

import type { Boot } from "./first/boot";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { Viewer } from "./state/viewer";

export function start({ session, root, first }: Boot): void {
  const { title = "", backUrl = "" } = root.dataset;
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const viewer = new Viewer(session, { tool: touch ? "scroll" : "window" });
  const drawing = buildLayout({ viewer, root, title, backUrl, first });
  window.hounsfieldViewer = inspectionOf(viewer, drawing);
  viewer.catchUp();
}
