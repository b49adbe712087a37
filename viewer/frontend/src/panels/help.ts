/** All keys and gestures, grouped by subject, in the browser's own modal dialog with a search field. */

import { button, element } from "./element";
import * as icons from "./icons";
import { keysEverywhere, setKeysEverywhere } from "./keyboard";

export interface HelpSection {
  readonly title: string;
  readonly rows: readonly HelpRow[];
}

export interface HelpRow {
  readonly keys: string;
  readonly meaning: string;
}

export function helpDialog(sections: readonly HelpSection[]): HTMLDialogElement {
  const dialog = element("dialog", { class: "hv-help", "aria-labelledby": "hv-help-title" });
  const search = element("input", { type: "search", "aria-label": "Search the keys", placeholder: "Search", autofocus: "" });
  const found = element("p", { class: "hv-visually-hidden", role: "status" });
  const none = element("p", { class: "hv-help-none", hidden: "" }, "No key or gesture is described that way.");
  const parts = sections.map(section);
  const filter = (): void => {
    const total = parts.reduce((sum, part) => sum + part.show(wordsOf(search.value)), 0);
    none.hidden = total > 0;
    found.textContent = search.value.trim() ? `${total} found` : "";
  };
  search.addEventListener("input", filter);
  dialog.append(
    element(
      "div",
      { class: "hv-help-head" },
      element("h2", { id: "hv-help-title" }, "Keyboard, mouse and touch"),
      search,
      button({ label: "Close", icon: icons.close, onClick: () => { dialog.close(); } }),
    ),
    element("div", { class: "hv-help-body", tabindex: "0", role: "group", "aria-label": "Keys and gestures" }, none, ...parts.map(({ root }) => root)),
    found,
    keySwitch(),
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    search.value = "";
    filter();
  });
  return dialog;
}

/** For those who speak to their computer, or press keys by accident (WCAG 2.1.4). */
function keySwitch(): HTMLElement {
  const box = element("input", { type: "checkbox" });
  box.checked = keysEverywhere();
  box.addEventListener("change", () => { setKeysEverywhere(box.checked); });
  return element("label", { class: "hv-check hv-help-foot" }, box, element("span", {}, "Keys work everywhere on the page, not only while a picture has the focus"));
}

interface Part {
  readonly root: HTMLElement;
  /** Shows the rows with all these words; tells how many. */
  show(words: readonly string[]): number;
}

function section({ title, rows }: HelpSection): Part {
  const lines = rows.map(({ keys, meaning }) => ({
    text: `${title} ${keys} ${meaning}`.toLowerCase(),
    root: element("div", { class: "hv-help-row" }, element("dt", {}, meaning), element("dd", {}, keys)),
  }));
  const root = element("section", {}, element("h3", {}, title), element("dl", {}, ...lines.map((line) => line.root)));
  const show = (words: readonly string[]): number => {
    let count = 0;
    for (const line of lines) {
      line.root.hidden = !words.every((word) => line.text.includes(word));
      if (!line.root.hidden) count += 1;
    }
    root.hidden = count === 0;
    return count;
  };
  return { root, show };
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}
