/** Editable starts: an algorithm's output, taken as the beginning of one's own marks. */

import type { Start } from "../core/annotation-api";
import { newId } from "../core/ids";
import type { Keeping } from "../state/keeping";
import type { Desk } from "./desk";
import { button, element } from "./element";

/** Hidden where there is nothing to begin with. */
export function startsPart(desk: Desk, keeping: Keeping): HTMLElement {
  const list = element("ul", { class: "hv-mark-starts" });
  const root = element("section", { hidden: "", "aria-label": "Editable starts" }, element("h3", {}, "Begin with"), list);
  void keeping.api.starts().then((starts) => {
    root.hidden = starts.length === 0;
    list.replaceChildren(...starts.map((start) => startRow(desk, keeping, start)));
  });
  return root;
}

function startRow(desk: Desk, keeping: Keeping, start: Start): HTMLElement {
  const copy = button({
    label: `Copy ${start.title} and edit it`,
    text: "Copy and edit",
    onClick: () => {
      copy.disabled = true;
      const own = desk.workspace.active.layer?.meta.image;
      const image = lastPart(start.images.find((each) => lastPart(each) === own) ?? start.images[0] ?? "");
      void copyOf(desk, keeping, { value: start.value, image }).finally(() => { copy.disabled = false; });
    },
  });
  return element("li", {}, element("span", {}, start.title), copy);
}

/** The copy is made by the site, which remembers what it came from. */
export async function copyOf({ workspace }: Desk, { api, sync }: Keeping, source: object): Promise<void> {
  const annotation = newId();
  const answer = await api.copy(source, newId(), annotation);
  if (answer.kind === "made") {
    sync.take(answer.annotation);
    workspace.annotations.select(annotation);
  } else {
    workspace.emit("notice", answer.kind === "away" ? "The site cannot be reached. Try again in a moment." : answer.detail);
  }
}

function lastPart(address: string): string {
  return address.split("/").filter(Boolean).at(-1) ?? "";
}
