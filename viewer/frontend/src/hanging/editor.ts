/** The editor of hanging protocols: board, settings of the chosen viewport, and what lies in it. */

import "./hanging.css";
import { type Protocol, TEMPLATES, added, finer, freeName, removed } from "../core/hanging";
import { Board } from "./board";
import { type ContentSocket, type Contents, keptContents, viewportContents } from "./contents";
import { make, press } from "./dom";
import { viewportOptions } from "./options";

export interface EditorOptions {
  readonly protocol: Protocol;
  /** Null: what lies in the viewports is not said here. */
  readonly contents: Contents | null;
  readonly sockets: readonly ContentSocket[];
  /** Viewports stay as they are: only what lies in them is said. */
  readonly fixed?: boolean;
  /** Called for every change; while a box is being dragged too. */
  readonly change: (protocol: Protocol, contents: Contents | null) => void;
}

const MOST_STEPS = 200;

interface Step {
  readonly protocol: Protocol;
  readonly contents: Contents | null;
}

export class HangingEditor {
  readonly root: HTMLElement;
  private readonly options: EditorOptions;
  private readonly board: Board;
  private readonly side = make("div", { class: "hang-side" });
  private readonly tools: ReturnType<typeof toolbar>;
  private now: Step;
  private selected = 0;
  private readonly past: Step[] = [];
  private readonly future: Step[] = [];
  /** As it was before a drag that is under way. */
  private resting: Step;

  constructor(options: EditorOptions) {
    this.options = options;
    this.now = { protocol: options.protocol, contents: options.contents };
    this.resting = this.now;
    this.board = new Board({
      select: (index) => { this.select(index); },
      change: (protocol, done) => { this.take(protocol, this.now.contents, done); },
    });
    this.tools = toolbar(this);
    this.root = make("div", { class: "hang-editor" }, this.tools.root, this.board.root, this.side);
    this.show();
  }

  get protocol(): Protocol { return this.now.protocol; }
  get contents(): Contents | null { return this.now.contents; }

  /** From outside, such as typed JSON: nothing to undo, and nobody is told. */
  set(protocol: Protocol, contents: Contents | null): void {
    this.now = { protocol, contents };
    this.resting = this.now;
    this.show();
  }

  add(): void {
    const before = this.protocol.length;
    this.take(added(this.protocol), this.contents, true);
    if (this.protocol.length > before) this.select(before);
  }

  remove(): void { this.take(removed(this.protocol, this.selected), this.contents, true); }
  makeFiner(): void { this.take(finer(this.protocol), this.contents, true); }

  useTemplate(index: number): void {
    const template = TEMPLATES[index];
    if (template) this.take(template.protocol, this.contents, true);
  }

  undo(): void { this.go(this.past, this.future); }
  redo(): void { this.go(this.future, this.past); }

  private go(from: Step[], to: Step[]): void {
    const step = from.pop();
    if (!step) return;
    to.push(this.now);
    this.now = step;
    this.resting = step;
    this.show();
    this.options.change(step.protocol, step.contents);
  }

  private select(index: number): void {
    this.selected = index;
    this.show();
  }

  private take(changed: Protocol, contents: Contents | null, done: boolean): void {
    const protocol = this.options.fixed ? this.now.protocol : changed;
    const names = (of: Protocol): string[] => of.map(({ viewport_name }) => viewport_name);
    const kept = contents && keptContents(contents, names(this.now.protocol), names(protocol));
    this.now = { protocol, contents: kept };
    if (done && JSON.stringify(this.now) !== JSON.stringify(this.resting)) {
      this.past.push(this.resting);
      if (this.past.length > MOST_STEPS) this.past.shift();
      this.future.length = 0;
      this.resting = this.now;
    }
    this.show();
    this.options.change(this.now.protocol, this.now.contents);
  }

  private show(): void {
    const { protocol, contents } = this.now;
    this.selected = Math.min(this.selected, Math.max(0, protocol.length - 1));
    this.board.show(protocol, this.selected);
    this.tools.show({
      full: freeName(protocol) === undefined,
      stays: protocol[this.selected]?.viewport_name === "main",
      past: this.past.length > 0,
      future: this.future.length > 0,
    });
    const viewport = protocol[this.selected];
    const place = focusPlace(this.side);
    this.side.replaceChildren(
      ...(contents && viewport ? [this.contentsOf(viewport.viewport_name, contents)] : []),
      viewportOptions(protocol, this.selected, (changed) => { this.take(changed, this.now.contents, true); }),
    );
    place?.(this.side);
  }

  private contentsOf(name: string, contents: Contents): HTMLElement {
    return viewportContents(name, contents, this.options.sockets, (changed) => { this.take(this.protocol, changed, true); });
  }
}

function toolbar(editor: HangingEditor): {
  root: HTMLElement;
  show(state: { full: boolean; stays: boolean; past: boolean; future: boolean }): void;
} {
  const add = press("Add viewport", () => { editor.add(); });
  const remove = press("Remove", () => { editor.remove(); });
  const undo = press("Undo", () => { editor.undo(); });
  const redo = press("Redo", () => { editor.redo(); });
  const fine = press("Finer grid", () => { editor.makeFiner(); });
  const templates = make(
    "select",
    { "aria-label": "Begin with" },
    make("option", { value: "" }, "Begin with …"),
    ...TEMPLATES.map(({ title }, index) => make("option", { value: String(index) }, title)),
  );
  templates.addEventListener("change", () => {
    if (templates.value !== "") editor.useTemplate(Number(templates.value));
    templates.value = "";
  });
  return {
    root: make("div", { class: "hang-tools", role: "group", "aria-label": "Viewports" }, add, remove, undo, redo, fine, templates),
    show: ({ full, stays, past, future }) => {
      add.disabled = full;
      remove.disabled = stays;
      undo.disabled = !past;
      redo.disabled = !future;
    },
  };
}

/** Controls are made anew with every change: the keyboard stays where it was. */
function focusPlace(side: HTMLElement): ((side: HTMLElement) => void) | null {
  const controls = "input, select, summary";
  const index = [...side.querySelectorAll<HTMLElement>(controls)].findIndex((control) => control === document.activeElement);
  const open = side.querySelector("details")?.open ?? false;
  return (fresh) => {
    const details = fresh.querySelector("details");
    if (details) details.open = open;
    if (index >= 0) fresh.querySelectorAll<HTMLElement>(controls)[index]?.focus();
  };
}
