/** The bar below the panes: time points of a 4D image, and the cine that runs. */

import type { Workspace } from "../state/workspace";
import { togglePlay } from "./commands";
import { whenDescribed } from "./described";
import type { Desk } from "./desk";
import { button, element, icon, setHidden } from "./element";
import * as icons from "./icons";
import { FASTEST } from "./words";

export function transport(desk: Desk): HTMLElement {
  const { workspace } = desk;
  const play = button({ label: "Play", key: "Space", icon: icons.play, onClick: () => { togglePlay(workspace.active); } });
  const time = timeSlider(workspace);
  const count = element("output", { class: "hv-count" });
  const speed = speedSlider(workspace);
  const root = element("div", { class: "hv-transport", role: "group", "aria-label": "Time and cine", hidden: "" }, play, time.root, count, speed.root);
  let playing = false;
  const show = (): void => {
    const { state, layer } = workspace.active;
    const total = layer?.meta.timepoints ?? 1;
    setHidden(root, total < 2 && !state.cine.playing);
    setHidden(time.root, total < 2);
    time.show(state.timepoint, total);
    speed.show(state.cine.fps);
    const now = total > 1 ? `Time ${state.timepoint + 1} / ${total}` : "Playing the slices";
    if (count.textContent !== now) count.textContent = now;
    if (state.cine.playing === playing) return;
    playing = state.cine.playing;
    play.replaceChildren(icon(playing ? icons.pause : icons.play));
    play.setAttribute("aria-label", playing ? "Stop" : "Play");
    play.title = `${playing ? "Stop" : "Play"} (Space)`;
  };
  workspace.on("change", show);
  whenDescribed(workspace, show);
  return root;
}

function timeSlider(workspace: Workspace): { root: HTMLElement; show(timepoint: number, total: number): void } {
  const slider = element("input", { type: "range", min: "0", class: "hv-slider", "aria-label": "Time point" });
  slider.addEventListener("input", () => { workspace.active.showTimepoint(slider.valueAsNumber); });
  return {
    root: element("div", { class: "hv-track" }, slider),
    show: (timepoint, total) => {
      slider.max = String(total - 1);
      slider.value = String(timepoint);
      slider.setAttribute("aria-valuetext", `${timepoint + 1} of ${total}`);
    },
  };
}

function speedSlider(workspace: Workspace): { root: HTMLElement; show(fps: number): void } {
  const field = element("input", { type: "number", class: "hv-number hv-fps", min: "1", max: String(FASTEST), step: "1", "aria-label": "Pictures per second" });
  field.addEventListener("change", () => {
    const fps = field.valueAsNumber;
    if (Number.isFinite(fps)) workspace.active.play(Math.min(FASTEST, Math.max(1, fps)));
  });
  return {
    root: element("label", { class: "hv-speed" }, field, element("span", { "aria-hidden": "true" }, "per second")),
    show: (fps) => {
      if (document.activeElement !== field) field.value = String(fps);
    },
  };
}
