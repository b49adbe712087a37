/** Questions that are answered in the picture: what was drawn for them, and the way there. */

import { type AskedAnnotation, type Messages, hear, tell } from "../../viewer/frontend/src/core/reading-messages";

/** What the page says of such a question. */
interface Asked {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly color: string;
  readonly viewport: string;
  readonly segments: AskedAnnotation["segments"];
  readonly decides: boolean;
  readonly findings: Value | null;
}

type Value = Readonly<Record<string, unknown>>;

/** Objects of a value: of one, itself; of many, those of its list. */
export function objectsOf(value: Value | null): readonly Value[] {
  if (value === null) return [];
  const list = listOf(value);
  return list === null ? [value] : (value[list] as readonly Value[]);
}

/** The name of the list in a value of many: kinds of many have exactly one list of objects. */
function listOf(value: Value): string | null {
  if (!String(value.type ?? "").startsWith("Multiple")) return null;
  return Object.keys(value).find((name) => Array.isArray(value[name])) ?? null;
}

/** A value of many with some of its objects. */
export function withObjects(value: Value, objects: readonly Value[]): Value {
  const list = listOf(value);
  return list === null ? value : { ...value, [list]: objects };
}

export type Decision = boolean | null;

/** What was decided about findings before: those in the answer were accepted. Without an answer nothing was decided. */
export function decisionsIn(findings: readonly Value[], answer: Value | null, isConfirmed: boolean): Decision[] {
  if (answer === null) return findings.map(() => (isConfirmed ? false : null));
  const accepted = new Set(objectsOf(answer).map((each) => JSON.stringify(each)));
  return findings.map((each) => accepted.has(JSON.stringify(each)));
}

/** The accepted findings; null as long as something is undecided, or nothing was accepted. */
export function decided(findings: Value, decisions: readonly Decision[]): Value | null {
  if (decisions.includes(null)) return null;
  const accepted = objectsOf(findings).filter((_, place) => decisions[place] === true);
  return accepted.length === 0 ? null : withObjects(findings, accepted);
}

export interface DrawingOptions {
  readonly locked: boolean;
  /** The answer differs; `isNothing`: every finding was rejected. */
  readonly onAnswer: (question: HTMLElement, answer: unknown, isNothing: boolean) => void;
}

export class Drawings {
  private readonly questions: ReadonlyMap<string, DrawnQuestion>;
  private readonly stops: readonly (() => void)[];
  private readonly locked: boolean;
  private readonly kinds = new Set<string>();

  constructor(panel: HTMLElement, options: DrawingOptions) {
    this.locked = options.locked;
    const found = [...panel.querySelectorAll<HTMLElement>('[data-control="drawing"]')].map((root) => new DrawnQuestion(root, options));
    this.questions = new Map(found.map((each) => [each.asked.key, each]));
    this.stops = [
      this.on("hounsfield:tools", ({ kinds }) => { this.introduce(kinds); }),
      this.on("hounsfield:drawn", ({ key, value }) => { this.questions.get(key)?.take(value as Value | null); }),
      this.on("hounsfield:drawing", ({ key }) => { this.questions.forEach((each) => { each.setDrawing(each.asked.key === key); }); }),
      this.on("hounsfield:refused", ({ key, reason }) => { this.questions.get(key)?.refuse(reason); }),
    ];
    if (this.questions.size > 0) tell("hounsfield:hello", {});
  }

  /** An answer came from elsewhere: it is shown here and in the picture. */
  show(key: string): void {
    this.questions.get(key)?.show();
    this.announce();
  }

  stop(): void {
    this.stops.forEach((stop) => { stop(); });
    tell("hounsfield:annotations", { annotations: [] });
  }

  /** Parts of the viewer say so one by one: marks and masks are drawn by different ones. */
  private introduce(kinds: readonly string[]): void {
    kinds.forEach((kind) => { this.kinds.add(kind); });
    this.questions.forEach((each) => { each.setUsable(this.kinds.has(each.asked.kind)); });
    this.announce();
  }

  private announce(): void {
    const annotations = [...this.questions.values()].map((each) => each.announced(this.locked));
    tell("hounsfield:annotations", { annotations });
  }

  private on<Name extends keyof Messages>(name: Name, listener: (detail: Messages[Name]) => void): () => void {
    return hear(name, listener);
  }
}

class DrawnQuestion {
  readonly asked: Asked;
  private readonly root: HTMLElement;
  private readonly options: DrawingOptions;
  private readonly button: HTMLButtonElement;
  private readonly list: HTMLElement;
  private readonly field: HTMLInputElement;
  private decisions: Decision[] = [];

  constructor(root: HTMLElement, options: DrawingOptions) {
    const part = <T extends HTMLElement>(selector: string): T => root.querySelector<T>(selector) as T;
    this.root = root;
    this.options = options;
    this.asked = JSON.parse(part("[data-asked]").dataset.asked ?? "{}") as Asked;
    this.button = part(".panel-draw");
    this.list = part(".panel-drawn");
    this.field = part('input[type="hidden"]');
    this.button.addEventListener("click", () => {
      const drawing = this.button.getAttribute("aria-pressed") === "true";
      tell(drawing ? "hounsfield:stop" : "hounsfield:draw", { key: this.asked.key });
      if (!drawing) tell("hounsfield:picture", {});
    });
    this.begin();
    this.show();
  }

  announced(locked: boolean): AskedAnnotation {
    const { key, kind, label, color, viewport, segments, findings } = this.asked;
    const value = this.asked.decides ? findings : this.value;
    return { key, kind, label, color, viewport, segments, value, locked: locked || this.asked.decides };
  }

  take(value: Value | null): void {
    if (this.asked.decides) return;
    this.field.value = value === null ? "" : JSON.stringify(value);
    this.refuse("");
    this.show();
    this.options.onAnswer(this.root, value, false);
  }

  setDrawing(drawing: boolean): void {
    this.button.setAttribute("aria-pressed", String(drawing));
    this.button.textContent = drawing ? "Stop drawing" : this.words;
    this.root.classList.toggle("is-drawing", drawing);
  }

  setUsable(usable: boolean): void {
    this.button.disabled = this.options.locked || !usable;
    if (!this.asked.decides) this.refuse(usable ? "" : "The viewer has no tool for this question.");
  }

  refuse(reason: string): void {
    const place = this.root.querySelector<HTMLElement>(".panel-refused");
    if (!place) return;
    place.hidden = reason === "";
    place.textContent = reason;
  }

  show(): void {
    const { decides, findings } = this.asked;
    this.button.hidden = decides;
    if (this.button.getAttribute("aria-pressed") !== "true") this.button.textContent = this.words;
    const objects = objectsOf(decides ? findings : this.value);
    this.list.replaceChildren(...objects.map((each, place) => this.line(each, place)));
    this.list.hidden = objects.length === 0;
  }

  private get value(): Value | null {
    return this.field.value ? (JSON.parse(this.field.value) as Value) : null;
  }

  private get words(): string {
    const { kind } = this.asked;
    const many = kind.startsWith("M") && kind !== "MASK";
    if (this.value === null) return "Draw in the picture";
    return many ? "Draw another" : kind === "MASK" ? "Go on painting" : "Draw anew";
  }

  private begin(): void {
    if (!this.asked.decides || this.asked.findings === null) return;
    const box = this.root.querySelector<HTMLInputElement>(`[name="c-${this.asked.key}"]`);
    const stored = this.root.dataset.version !== "0";
    this.decisions = decisionsIn(objectsOf(this.asked.findings), this.value, stored && (box?.checked ?? this.value === null));
  }

  private line(object: Value, place: number): HTMLElement {
    const name = String(object.name ?? "") || `${this.asked.label} ${place + 1}`;
    const go = pressed(name, () => {
      tell("hounsfield:jump", { key: this.asked.key, index: place });
    });
    go.className = "panel-go";
    go.title = "Show in the picture";
    const line = document.createElement("li");
    line.append(go, ...(this.asked.decides ? this.choices(place, name) : this.eraser(place, name)));
    return line;
  }

  private eraser(place: number, name: string): HTMLElement[] {
    if (this.options.locked) return [];
    const index = objectsOf(this.value).length > 1 ? place : null;
    const erase = pressed("Delete", () => { tell("hounsfield:erase", { key: this.asked.key, index }); });
    erase.setAttribute("aria-label", `Delete ${name}`);
    return [erase];
  }

  private choices(place: number, name: string): HTMLElement[] {
    return ([["Accept", true], ["Reject", false]] as const).map(([word, accepts]) => {
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = `d-${this.asked.key}-${place}`;
      radio.checked = this.decisions[place] === accepts;
      radio.disabled = this.options.locked;
      radio.addEventListener("change", () => { this.decide(place, accepts); });
      const label = document.createElement("label");
      label.className = "panel-decision";
      label.append(radio, ` ${word}`, hiddenWords(` ${name}`));
      return label;
    });
  }

  private decide(place: number, accepts: boolean): void {
    this.decisions[place] = accepts;
    const { findings } = this.asked;
    if (findings === null) return;
    const value = decided(findings, this.decisions);
    this.field.value = value === null ? "" : JSON.stringify(value);
    this.options.onAnswer(this.root, value, value === null && !this.decisions.includes(null));
  }
}

function pressed(text: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "panel-small";
  button.textContent = text;
  button.addEventListener("click", onClick);
  return button;
}

function hiddenWords(text: string): HTMLElement {
  const words = document.createElement("span");
  words.className = "sr-only";
  words.textContent = text;
  return words;
}
