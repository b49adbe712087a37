/** The list of images: drag one into a pane, or press one to show it in the active pane. */

import type { Layer } from "../core/layer";
import { initialWindow, windowBounds } from "../core/window-level";
import type { Workspace } from "../state/workspace";
import { whenDescribed } from "./described";
import { element } from "./element";
import { sizeText } from "./readouts";

const KIND = "application/x-hounsfield-image";
const THUMBNAIL = 96;
/** Up to this width the list waits for its button: the picture needs the room. */
const PHONE = 760;

/** Number of the layer that is being dragged; while it is on its way (not dropped) only that it is one. */
export function draggedImage(event: DragEvent): number | null {
  const transfer = event.dataTransfer;
  if (!transfer?.types.includes(KIND)) return null;
  return event.type === "drop" ? Number(transfer.getData(KIND)) : -1;
}

export interface ImageList {
  readonly root: HTMLElement;
  /** Opens it and goes there, or closes it. */
  toggle(): boolean;
}

export function imageList(workspace: Workspace, refocus: () => void): ImageList {
  const list = element("ul", {});
  const root = element("nav", { class: "hv-images", id: "hv-images", "aria-label": "Images", hidden: "" }, element("h2", {}, "Images"), list);
  const entries: Entry[] = [];
  whenDescribed(workspace, () => {
    entries.splice(0, entries.length, ...workspace.images.map((layer) => entry(workspace, layer, refocus)));
    list.replaceChildren(...entries.map(({ root: line }) => line));
    root.hidden = entries.length < 2 || window.innerWidth <= PHONE;
  });
  const show = (): void => { entries.forEach((line) => { line.show(); }); };
  workspace.on("change", show);
  workspace.on("drawn", show);
  return {
    root,
    toggle: () => {
      root.hidden = !root.hidden;
      if (!root.hidden) list.querySelector("button")?.focus();
      return !root.hidden;
    },
  };
}

interface Entry {
  readonly root: HTMLElement;
  show(): void;
}

function entry(workspace: Workspace, layer: Layer, refocus: () => void): Entry {
  const picture = element("canvas", { width: "1", height: "1", "aria-hidden": "true" });
  const details = [layer.meta.modality, sizeText(layer.meta), layer.meta.timepoints > 1 ? `${layer.meta.timepoints} times` : ""];
  const made = element(
    "button",
    { type: "button", class: "hv-image", draggable: "true", title: "Show in the active pane, or drag into a pane" },
    picture,
    element("span", { class: "hv-image-name" }, layer.meta.name),
    element("span", { class: "hv-image-detail" }, details.filter(Boolean).join(" · ")),
  );
  made.addEventListener("click", (event) => {
    workspace.active.showImage(layer.index);
    if (event.detail > 0) refocus();
  });
  made.addEventListener("dragstart", (event) => {
    event.dataTransfer?.setData(KIND, String(layer.index));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "copy";
  });
  let drawn = false;
  return {
    root: element("li", {}, made),
    show: () => {
      made.setAttribute("aria-current", String(workspace.active.state.image === layer.index));
      drawn ||= drawThumbnail(picture, layer);
    },
  };
}

/** The middle slice, small, as soon as something of it is there. */
function drawThumbnail(canvas: HTMLCanvasElement, layer: Layer): boolean {
  const slice = layer.store.best(layer.sliceAt(Math.floor(layer.meta.size[2] / 2), 0));
  if (!slice) return false;
  const [low, high] = windowBounds(initialWindow(layer.meta));
  const step = Math.max(1, Math.ceil(Math.max(slice.width, slice.height) / THUMBNAIL));
  const width = Math.ceil(slice.width / step);
  const height = Math.ceil(slice.height / step);
  const image = new ImageData(width, height);
  const { components } = layer.meta;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * step * slice.width + x * step) * components;
      const to = (y * width + x) * 4;
      for (let channel = 0; channel < 3; channel += 1) {
        const value = slice.pixels[from + (components >= 3 ? channel : 0)] ?? 0;
        image.data[to + channel] = ((value - low) / (high - low)) * 255;
      }
      image.data[to + 3] = 255;
    }
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return true;
}
