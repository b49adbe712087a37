/** The panel of annotations: what is marked, by whom, how large; names, colors, sight; downloads and editable starts. */

import { figuresOf } from "../state/readings";
import type { Annotation } from "../state/annotations";
import { jumpTo } from "../state/jump";
import type { Keeping } from "../state/keeping";
import type { Desk } from "./desk";
import { colorChoice } from "./draw-menu";
import { button, element, icon, setHidden, setPressed } from "./element";
import * as icons from "./icons";
import { figureLines, markName, toolWords } from "./mark-words";
import { exchangePart } from "./mark-exchange";
import { copyOf, startsPart } from "./mark-starts";

const LONGEST_LABEL = 200;

interface Row {
  readonly root: HTMLElement;
  show(annotation: Annotation, selected: boolean, hidden: boolean): void;
}

export function markPanel(desk: Desk, keeping: Keeping | null): HTMLElement {
  const { annotations } = desk.workspace;
  const list = element("ul", { class: "hv-mark-list", "aria-label": "Annotations" });
  const empty = element(
    "p",
    { class: "hv-hint" },
    "Nothing is marked yet. Choose a tool under “Draw”, then draw on the picture. Everything is saved as you go.",
  );
  const rows = new Map<string, Row>();
  const show = (): void => {
    const { all, selected } = annotations;
    empty.hidden = all.length > 0;
    list.hidden = all.length === 0;
    const wanted = new Set(all.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (wanted.has(id)) continue;
      row.root.remove();
      rows.delete(id);
    }
    all.forEach((annotation, place) => {
      const row = rows.get(annotation.id) ?? markRow(desk, keeping, annotation.id);
      rows.set(annotation.id, row);
      row.show(annotation, annotation.id === selected?.id, annotations.isHidden(annotation.id));
      // Left where it is if it is there: moving it would take the focus out of it.
      if (list.children[place] !== row.root) list.insertBefore(row.root, list.children[place] ?? null);
    });
  };
  annotations.on("change", show);
  show();
  const parts: Node[] = [empty, list];
  if (keeping) parts.push(startsPart(desk, keeping), downloads(keeping));
  parts.push(exchangePart(desk));
  return element("div", { class: "hv-mark-panel" }, ...parts);
}

function downloads({ api }: Keeping): HTMLElement {
  const table = element("a", { class: "hv-button", href: api.tableUrl, download: "" }, icon(icons.download), element("span", {}, "Measurements as a table (CSV)"));
  return element("div", { class: "hv-mark-downloads" }, table);
}

function markRow(desk: Desk, keeping: Keeping | null, id: string): Row {
  const { workspace } = desk;
  const { annotations } = workspace;
  const swatch = element("span", { class: "hv-swatch" });
  const name = element("span", { class: "hv-mark-name" });
  const size = element("span", { class: "hv-mark-size" });
  const jump = element("button", { type: "button", class: "hv-mark-jump" }, swatch, name, size);
  jump.addEventListener("click", () => {
    if (annotations.selected?.id === id) annotations.select(null);
    else jumpTo(workspace, id);
  });
  const sight = button({ label: "", icon: icons.show, onClick: () => { annotations.show(id, annotations.isHidden(id)); } });
  const head = element("div", { class: "hv-mark-head" }, jump, sight);
  const root = element("li", { class: "hv-mark-row" }, head);
  let details: Details | null = null;
  let shownHidden: boolean | null = null;
  return {
    root,
    show: (annotation, selected, hidden) => {
      swatch.style.backgroundColor = annotation.color;
      name.textContent = markName(annotation);
      size.textContent = figureLines(figuresOf(annotation.tool, annotation.value))[0] ?? "";
      jump.title = `${toolWords(annotation.tool).name}${annotation.mine ? "" : `, by ${annotation.author}`}`;
      jump.setAttribute("aria-expanded", String(selected));
      if (hidden !== shownHidden) {
        shownHidden = hidden;
        sight.replaceChildren(icon(hidden ? icons.hide : icons.show));
        setPressed(sight, hidden);
      }
      sight.setAttribute("aria-label", `Hide ${markName(annotation)}`);
      sight.title = hidden ? "Show" : "Hide";
      root.classList.toggle("hv-mark-row-selected", selected);
      root.dataset.saving = annotation.saving;
      if (selected && !details) root.append((details = detailsOf(desk, keeping, annotation)).root);
      else if (!selected && details) {
        details.root.remove();
        details = null;
      }
      details?.show(annotation);
    },
  };
}

interface Details {
  readonly root: HTMLElement;
  show(annotation: Annotation): void;
}

function detailsOf(desk: Desk, keeping: Keeping | null, annotation: Annotation): Details {
  const { annotations } = desk.workspace;
  const { id } = annotation;
  const figures = element("dl", { class: "hv-facts" });
  const parts: HTMLElement[] = [figures];
  const label = element("input", { type: "text", class: "hv-text", maxlength: String(LONGEST_LABEL), placeholder: toolWords(annotation.tool).name });
  if (annotation.editable) {
    label.addEventListener("change", () => { annotations.change(id, { label: label.value.trim() }); });
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      label.blur();
      desk.refocus();
    });
    const remove = button({ label: "Delete", text: "Delete", key: "Delete", icon: icons.remove, onClick: () => {
      annotations.remove(id);
      desk.refocus();
    } });
    parts.push(
      element("label", { class: "hv-field" }, element("span", {}, "Name"), label),
      colorChoice(annotation.color, "Color", (color) => { annotations.change(id, { color }); }),
      element("div", { class: "hv-mark-verbs" }, remove),
    );
  } else {
    parts.push(element("div", { class: "hv-mark-verbs" }, button({
      label: "Make an editable copy of my own",
      text: "Copy and edit",
      icon: icons.copy,
      onClick: () => {
        if (keeping) void copyOf(desk, keeping, { annotation: id });
        else annotations.copy(id);
      },
    })));
  }
  const decide = button({ label: "Choose which version is to stand", text: "Changed elsewhere, too: choose …", onClick: () => { desk.openConflicts(); } });
  parts.unshift(decide);
  return {
    root: element("div", { class: "hv-mark-details" }, ...parts),
    show: (now) => {
      setHidden(decide, now.saving !== "conflict");
      if (document.activeElement !== label) label.value = now.label;
      const rows: (readonly [string, string])[] = figuresOf(now.tool, now.value).map((figure) => [figure.name, figureLines([figure])[0]?.replace(`${figure.name} `, "") ?? ""]);
      if (!now.mine) rows.unshift(["By", now.author]);
      const text = rows.flat().join("|");
      if (figures.dataset.shown === text) return;
      figures.dataset.shown = text;
      figures.replaceChildren(...rows.flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
    },
  };
}
