/** The list of keys and gestures, in the browser's own modal dialog. */

import { button, element } from "./element";
import * as icons from "./icons";

const SECTIONS: readonly { title: string; rows: readonly (readonly [keys: string, meaning: string])[] }[] = [
  {
    title: "Slices",
    rows: [
      ["↑ ↓ ← →", "Previous, next slice"],
      ["Page Up, Page Down", "Ten slices"],
      ["Home, End", "First, last slice"],
      ["Wheel", "Scroll through slices"],
      ["[ ]", "Previous, next time point"],
      ["A C S", "Axial, coronal, sagittal plane"],
    ],
  },
  {
    title: "Picture",
    rows: [
      ["Right drag", "Window and level"],
      ["1 … 9", "Window presets, in the order of the list"],
      ["I", "Invert"],
      ["Ctrl + wheel, + −", "Zoom"],
      ["Middle drag, Shift + drag", "Move the picture"],
      ["F", "Fit to the window"],
      ["R", "Reset view and window"],
    ],
  },
  {
    title: "Tools and overlays",
    rows: [
      ["W D P Z", "Left drag: window, scroll, move, zoom"],
      ["Click", "Put the other planes through this point"],
      ["X", "Crosshair"],
      ["O", "Overlays on or off"],
      ["?", "This help"],
    ],
  },
  {
    title: "Touch",
    rows: [
      ["One finger", "The chosen tool, at first scrolling"],
      ["Two fingers", "Zoom and move"],
    ],
  },
];

export function helpDialog(): HTMLDialogElement {
  const dialog = element("dialog", { class: "hv-help", "aria-labelledby": "hv-help-title" });
  const close = button({ label: "Close", icon: icons.close, onClick: () => { dialog.close(); } });
  dialog.append(
    element("div", { class: "hv-help-head" }, element("h2", { id: "hv-help-title" }, "Keyboard and mouse"), close),
    element("div", { class: "hv-help-body" }, ...SECTIONS.map(section)),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}

function section({ title, rows }: (typeof SECTIONS)[number]): HTMLElement {
  const list = element("dl", {});
  for (const [keys, meaning] of rows) list.append(element("dt", {}, keys), element("dd", {}, meaning));
  return element("section", {}, element("h3", {}, title), list);
}
