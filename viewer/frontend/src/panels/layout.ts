/** Puts the panels together inside the page's `#viewer`. */

import { Drawing } from "../state/drawing";
import type { FirstPaint } from "../first/boot";
import type { Viewer } from "../state/viewer";
import { element } from "./element";
import { helpDialog } from "./help";
import { listenToKeys } from "./keyboard";
import { connectionSign, messagePanel, noticePanel } from "./message";
import { overlayPanel } from "./overlay-panel";
import { PointerInput } from "./pointer";
import { Readouts } from "./readouts";
import { sliceBar } from "./slice-bar";
import { toolbar } from "./toolbar";

export interface LayoutOptions {
  readonly viewer: Viewer;
  readonly root: HTMLElement;
  readonly title: string;
  readonly backUrl: string;
  readonly first: FirstPaint;
}

export function buildLayout({ viewer, root, title, backUrl, first }: LayoutOptions): Drawing {
  const canvas = element("canvas", { class: "hv-canvas" });
  const stage = element("div", {
    class: "hv-stage",
    tabindex: "0",
    role: "application",
    "aria-roledescription": "slice view",
    "aria-label": "Medical image. Arrow keys scroll through slices; press question mark for all keys.",
  });
  const help = helpDialog();
  const onHelp = (): void => { if (help.open) help.close(); else help.showModal(); };
  const overlays = overlayPanel(viewer);
  const readouts = new Readouts(viewer);
  const slices = sliceBar(viewer);
  const refocus = (): void => { stage.focus({ preventScroll: true }); };
  const drawing = new Drawing({
    viewer,
    canvas,
    background: backgroundOf(root),
    afterDraw: () => {
      readouts.show(drawing.drawn);
      slices.paint();
      if (drawing.drawn.level === null || handedOver) return;
      handedOver = true;
      first.handOver();
    },
  });
  let handedOver = false;
  stage.append(canvas, readouts.root, connectionSign(viewer));
  const message = messagePanel(viewer, { usable: drawing.usable });
  root.classList.add("hv");
  if (!root.closest("main")) root.setAttribute("role", "main");
  root.replaceChildren(
    toolbar({ viewer, title, backUrl, onHelp, onOverlays: () => { overlays.toggle(); }, refocus }),
    element("div", { class: "hv-main" }, stage, overlays.root, message, noticePanel(viewer)),
    slices.root,
    help,
  );
  new PointerInput(viewer, stage);
  listenToKeys({ viewer, root, onHelp });
  followSize(viewer, stage, drawing);
  first.mount(stage);
  return drawing;
}

function followSize(viewer: Viewer, stage: HTMLElement, drawing: Drawing): void {
  const measure = (): void => {
    viewer.stage = { width: Math.max(1, stage.clientWidth), height: Math.max(1, stage.clientHeight) };
    drawing.request();
  };
  new ResizeObserver(measure).observe(stage);
  measure();
}

/** The stage color of the style sheet as the canvas needs it. */
function backgroundOf(root: HTMLElement): readonly [number, number, number] {
  const value = getComputedStyle(root).getPropertyValue("--hv-stage").trim();
  const match = /^#([0-9a-f]{6})$/i.exec(value);
  const number = Number.parseInt(match?.[1] ?? "0b0e11", 16);
  return [((number >> 16) & 255) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}
