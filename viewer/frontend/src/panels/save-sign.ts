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
      const text = used ? savingWords(status, autosave.atRisk) : "";
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

/** `atRisk`: changes that would be lost with the window. */
export function savingWords(status: SaveStatus, atRisk: number): string {
  switch (status.kind) {
    case "saved":
      return "Saved";
    case "saving":
      return "Saving …";
    case "undecided":
      return status.count === 1 ? "1 mark was changed twice" : `${status.count} marks were changed twice`;
    case "waiting":
      return atRisk > 0
        ? `${changes(atRisk)} in this window only: leave it open until the site answers`
        : `${changes(status.count)} kept on this computer until the site answers`;
    case "ended":
      return atRisk > 0
        ? `${changes(atRisk)} in this window only, and the site does not take them: note them before you close it`
        : `${changes(status.count)} kept on this computer: ${nextStep(status.status)}`;
  }
}

function changes(count: number): string {
  return count === 1 ? "1 change" : `${count} changes`;
}

/** A page is of the session that it was opened in, also after a new sign-in. */
function nextStep(status: number): string {
  return status === 404 ? "you have no access here any more" : "sign in in another window, then reload this page";
}
