/** Whether everything that was drawn is with the site, in two words; and what to do where it is not. */

import type { Autosave, SaveStatus } from "../state/autosave";
import { button, element } from "./element";

/** A save that takes less is not worth a word (ms). */
const PATIENCE = 800;

export function saveSign(autosave: Autosave, choose: () => void): HTMLElement {
  const words = element("span", { role: "status" });
  // However the dialog was left: a mark that was deleted here is in no list.
  const chooser = button({ label: "Choose which versions are to stand", text: "Choose …", onClick: choose });
  const sign = element("div", { class: "hv-save-sign" }, words, chooser);
  let timer: number | undefined;
  let used = false;
  const show = (status: SaveStatus): void => {
    window.clearTimeout(timer);
    used ||= status.kind !== "saved";
    const write = (): void => {
      const text = used ? wordsFor(status) : "";
      if (words.textContent !== text) words.textContent = text;
      chooser.hidden = status.kind !== "undecided";
      sign.dataset.status = status.kind;
    };
    if (status.kind === "saving") timer = window.setTimeout(write, PATIENCE);
    else write();
  };
  autosave.on("status", show);
  show(autosave.status);
  return sign;
}

function wordsFor(status: SaveStatus): string {
  const count = "count" in status ? (status.count === 1 ? "1 change" : `${status.count} changes`) : "";
  switch (status.kind) {
    case "saved":
      return "Saved";
    case "saving":
      return "Saving …";
    case "undecided":
      return status.count === 1 ? "1 mark was changed twice" : `${status.count} marks were changed twice`;
    case "waiting":
      return `${count} kept on this computer until the site answers`;
    case "ended":
      return status.status === 401 ? `${count} kept on this computer: sign in again and open this page` : `${count} kept on this computer: the site does not take them`;
  }
}
