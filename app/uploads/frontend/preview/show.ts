/** The headers of the chosen files as a person can check them. Nothing of them is sent. */
import { pathOf, type Item } from "../types";
import { filesText } from "../words";
import { formatOf } from "./formats";
import { HEAD_BYTES, isDicom, NoPreview, readHeader, type Header } from "./header";
import { element } from "./markup";
import { firstOfEachFolder, MOST_FOLDERS, type Picked } from "./pick";
import { Rows } from "./rows";

interface Filter {
  words: string;
  onlyChanged: boolean;
}

/** Read the first file of every folder and list what is in it, in `place`. */
export async function showHeaders(
  place: HTMLElement,
  items: readonly Item[],
  options: readonly string[],
): Promise<void> {
  const picked = firstOfEachFolder(items, pathOf);
  const shown = picked.slice(0, MOST_FOLDERS);
  const filter: Filter = { words: "", onlyChanged: false };
  const tables: Rows[] = [];
  const blocks = await Promise.all(shown.map((one) => block(one, options, filter, tables)));
  const refresh = (): void => {
    for (const table of tables) table.filter(filter.words, filter.onlyChanged);
  };
  const first = blocks.find((found) => found.hasAttribute("data-attributes")) ?? blocks[0];
  first?.setAttribute("open", "");
  const title = element("h2", "", "What is in these files");
  title.tabIndex = -1;
  place.replaceChildren(
    element("div", "headers", "", [
      title,
      element("p", "headers-about", about(shown.length, picked.length)),
      tools(filter, refresh),
      ...blocks,
    ]),
  );
  title.focus();
}

function about(shown: number, folders: number): string {
  const what = folders > shown ? `the first file of ${String(shown)} of ${String(folders)} folders` : "the first file of each folder";
  return `Read on this machine, from ${what}. Nothing has been sent.`;
}

function tools(filter: Filter, refresh: () => void): HTMLElement {
  const search = element("input", "input") as HTMLInputElement;
  search.type = "search";
  search.addEventListener("input", () => {
    filter.words = search.value;
    refresh();
  });
  // Enter would send the form.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  const only = element("input", "") as HTMLInputElement;
  only.type = "checkbox";
  only.addEventListener("change", () => {
    filter.onlyChanged = only.checked;
    refresh();
  });
  const find = element("label", "headers-find", "Find an attribute", [search]);
  const check = element("label", "headers-only", "", [only, document.createTextNode("Only what does not stay")]);
  return element("div", "headers-tools", "", [find, check]);
}

async function block(
  one: Picked<Item>,
  options: readonly string[],
  filter: Filter,
  tables: Rows[],
): Promise<HTMLElement> {
  const title = element("summary", "", "", [element("span", "headers-path", one.path)]);
  if (one.files > 1) title.append(element("span", "headers-count", `${filesText(one.files)} in this folder`));
  const found = element("details", "headers-file", "", [title]);
  const data = one.item.data as Blob | null | undefined;
  if (!data) {
    found.append(element("p", "", "This file was sent before; choose it again to look into it."));
    return found;
  }
  try {
    const bytes = new Uint8Array(await data.slice(0, HEAD_BYTES).arrayBuffer());
    if (!isDicom(bytes)) found.append(element("p", "", formatOf(bytes, one.path)));
    else append(found, readHeader(bytes, data.size, options), one.path, filter, tables);
  } catch (error) {
    const text = error instanceof NoPreview ? error.message : "This file cannot be read. Was it moved or changed?";
    found.append(element("p", "", text));
  }
  return found;
}

function append(found: HTMLElement, header: Header, path: string, filter: Filter, tables: Rows[]): void {
  const sum =
    `${String(header.changed)} of ${String(header.count)} attributes may identify the patient or are not needed; ` +
    "the portal removes or replaces them when it imports.";
  found.append(element("p", "headers-sum", sum));
  if (header.note) found.append(element("p", "headers-note", header.note));
  found.dataset["attributes"] = String(header.count);
  // Thousands of rows are made when somebody opens them.
  found.addEventListener("toggle", () => {
    if (found.querySelector("table")) return;
    const rows = new Rows(header.rows, path);
    tables.push(rows);
    rows.filter(filter.words, filter.onlyChanged);
    found.append(rows.frame);
  });
}
