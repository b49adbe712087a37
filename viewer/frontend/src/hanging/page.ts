/** The site's pages of hanging protocols: the editor over the JSON, previews, and what lies in the viewports. */

import { type Protocol, problemOf } from "../core/hanging";
import { Board } from "./board";
import type { Contents } from "./contents";
import { make } from "./dom";
import { HangingEditor } from "./editor";

/** One viewport in each line. */
function written(protocol: Protocol): string {
  return `[\n  ${protocol.map((viewport) => JSON.stringify(viewport)).join(",\n  ")}\n]`;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function stored(id: string): unknown {
  return read(document.getElementById(id)?.textContent ?? "");
}

/** The JSON is what is sent; board and JSON follow each other. */
function setUpEditor(place: HTMLElement, area: HTMLTextAreaElement): void {
  const problem = make("p", { class: "hang-problem", role: "status" });
  const given = read(area.value);
  const begun: Protocol = problemOf(given) === null ? (given as Protocol) : [{ viewport_name: "main" }];
  const editor = new HangingEditor({
    protocol: begun,
    contents: null,
    sockets: [],
    change: (protocol) => {
      area.value = written(protocol);
      problem.textContent = "";
    },
  });
  area.addEventListener("input", () => {
    const typed = read(area.value);
    const words = typed === undefined ? "This is not JSON yet." : problemOf(typed);
    problem.textContent = words ?? "";
    if (words === null) editor.set(typed as Protocol, null);
  });
  place.append(editor.root, problem);
}

/** A picture only: nothing can be moved. */
function setUpPreview(place: HTMLElement): void {
  const protocol = stored("hanging-protocol");
  if (problemOf(protocol) !== null) return;
  const board = new Board({ select: () => undefined, change: () => undefined });
  board.show(protocol as Protocol, -1);
  board.root.inert = true;
  board.root.setAttribute("role", "img");
  board.root.setAttribute("aria-label", `${(protocol as Protocol).length} viewports`);
  place.replaceChildren(board.root);
}

/** What lies in the viewports of the chosen protocol, beside the JSON that is sent. */
function setUpViewing(place: HTMLElement, area: HTMLTextAreaElement): void {
  const protocols = (stored("hanging-protocols") ?? {}) as Record<string, Protocol>;
  const chosen = document.querySelector<HTMLSelectElement>("select[name=hanging_protocol]");
  const rows = [...document.querySelectorAll<HTMLElement>("[data-sockets] [data-slug]")];
  const sockets = rows.map((row) => ({
    slug: row.dataset.slug ?? "",
    kind: row.dataset.kind ?? "",
    title: row.querySelector("td")?.textContent ?? row.dataset.slug ?? "",
  }));
  if (!chosen) return;
  const show = (): void => {
    const protocol = protocols[chosen.value];
    place.replaceChildren();
    if (!protocol) return;
    const contents = (read(area.value) ?? {}) as Contents;
    const editor = new HangingEditor({
      protocol,
      contents,
      sockets,
      fixed: true,
      change: (_protocol, changed) => { area.value = Object.keys(changed ?? {}).length > 0 ? JSON.stringify(changed, null, 2) : ""; },
    });
    editor.root.classList.add("hang-contents-only");
    place.append(editor.root);
  };
  chosen.addEventListener("change", show);
  area.addEventListener("change", show);
  show();
}

const editing = document.querySelector<HTMLElement>("[data-hanging-editor]");
const json = document.querySelector<HTMLTextAreaElement>("textarea[data-hanging-json]");
if (editing && json) setUpEditor(editing, json);
const preview = document.querySelector<HTMLElement>("[data-hanging-preview]");
if (preview) setUpPreview(preview);
const viewing = document.querySelector<HTMLElement>("[data-viewing-editor]");
const content = document.querySelector<HTMLTextAreaElement>("textarea[data-view-content]");
if (viewing && content) setUpViewing(viewing, content);
