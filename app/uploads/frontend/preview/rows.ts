/** A table of attributes: sequences are closed until somebody opens them, and can be searched. */
import type { Fate } from "./attributes";
import type { HeaderRow } from "./header";
import { element } from "./markup";

const MARKS: Record<Fate, { sign: string; css: string }> = {
  removed: { sign: "✕", css: "badge badge-danger" },
  replaced: { sign: "⇄", css: "badge badge-info" },
  kept: { sign: "✓", css: "badge" },
};

interface Line {
  row: HeaderRow;
  element: HTMLTableRowElement;
  parent: Line | null;
  toggle: HTMLButtonElement | null;
  text: string;
}

export class Rows {
  readonly frame: HTMLElement;
  private readonly lines: Line[] = [];
  private readonly none = element("p", "headers-none", "No attribute here fits.");

  private last: [words: string, onlyChanged: boolean] = ["", false];

  constructor(rows: readonly HeaderRow[], path: string) {
    const body = document.createElement("tbody");
    this.add(rows, null, 0);
    body.append(...this.lines.map((line) => line.element));
    const heads = ["What happens", "Attribute", "Value"].map((text) => {
      const head = element("th", "", text);
      head.setAttribute("scope", "col");
      return head;
    });
    const table = element("table", "table headers-table", "", [
      element("thead", "", "", [element("tr", "", "", heads)]),
      body,
    ]);
    this.frame = element("div", "table-frame headers-frame", "", [table, this.none]);
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "region");
    this.frame.setAttribute("aria-label", `Attributes of ${path}`);
  }

  /** Show what has all the words; without words, what stands in no closed sequence. */
  filter(words: string, onlyChanged: boolean): void {
    this.last = [words, onlyChanged];
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const line of this.lines) {
      const fits = !onlyChanged || line.row.fate !== "kept";
      const isFound = wanted.length > 0 ? wanted.every((word) => line.text.includes(word)) : isOpen(line);
      line.element.hidden = !(fits && isFound);
      if (!line.element.hidden) shown += 1;
    }
    this.none.hidden = shown > 0;
  }

  private add(rows: readonly HeaderRow[], parent: Line | null, depth: number): void {
    for (const row of rows) {
      const line = this.line(row, parent, depth);
      this.lines.push(line);
      for (const item of row.items) this.add(item, line, depth + 1);
    }
  }

  private line(row: HeaderRow, parent: Line | null, depth: number): Line {
    const { sign, css } = MARKS[row.fate];
    const mark = element("span", "", sign);
    mark.setAttribute("aria-hidden", "true");
    const badge = element("span", css, "", [mark, document.createTextNode(row.fate)]);
    const name = element("th", "headers-name", "", [
      element("span", "", row.name),
      element("code", "headers-tag", row.tag),
    ]);
    name.setAttribute("scope", "row");
    name.dataset["depth"] = String(Math.min(depth, 4));
    const toggle = row.items.length > 0 ? this.toggle(row) : null;
    const value = element("td", "headers-value", toggle ? "" : row.value, toggle ? [toggle] : []);
    const made = element("tr", "", "", [element("td", "", "", [badge]), name, value]) as HTMLTableRowElement;
    return { row, element: made, parent, toggle, text: `${row.name} ${row.tag} ${row.value} ${row.fate}`.toLowerCase() };
  }

  private toggle(row: HeaderRow): HTMLButtonElement {
    const button = element("button", "button button-secondary button-small", row.value) as HTMLButtonElement;
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `${row.value} of ${row.name}`);
    button.addEventListener("click", () => {
      button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true"));
      this.filter(...this.last);
    });
    return button;
  }
}

function isOpen(line: Line): boolean {
  for (let above = line.parent; above; above = above.parent) {
    if (above.toggle?.getAttribute("aria-expanded") !== "true") return false;
  }
  return true;
}
