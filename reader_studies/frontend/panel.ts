/** The questions beside the picture: takes answers as they are given, goes from case to case, works by keyboard alone. */

import { hear, tell } from "../../viewer/frontend/src/core/reading-messages";
import { Arrivals } from "./arrivals";
import type { Clock } from "./clock";
import {
  answerOf, confirmBox, explanationOf, isEmpty, showAnswer, showRange, stepped, stepsOf,
} from "./controls";
import { Drawings } from "./drawings";
import { Outbox, type OutboxOptions, type Sending } from "./outbox";
import { type GivenAnswer, type OtherAnswer, type Reply, post } from "./wire";

/** Milliseconds that a mask may take to the site when the reader goes on. */
const PATIENCE = 30_000;
const UNDER_WAY = "What you painted is on its way …";
const LATE = "What you painted has not arrived yet. Look whether the viewer says why, then try again.";

export interface PanelOptions {
  readonly root: HTMLFormElement;
  readonly clock: Clock;
  readonly shelf: Storage | null;
  readonly writer: string;
  /** What an earlier window left behind. */
  readonly inherited: Readonly<Record<string, GivenAnswer>>;
  readonly go: (address: string) => void;
}

export class ReadingPanel {
  private readonly options: PanelOptions;
  private readonly root: HTMLFormElement;
  private readonly outbox: Outbox;
  private readonly drawings: Drawings;
  private readonly arrivals = new Arrivals();
  private readonly locked: boolean;
  /** When each question was turned to, by the clock of the case. */
  private readonly begun = new Map<string, number>();
  private readonly stops: (() => void)[] = [];
  private lastPlace: HTMLElement | null = null;

  constructor(options: PanelOptions) {
    this.options = options;
    this.root = options.root;
    this.locked = "locked" in this.root.dataset;
    this.outbox = new Outbox(this.outboxOptions());
    this.drawings = new Drawings(this.root, {
      locked: this.locked,
      onAnswer: (question, _answer, isNothing) => { this.changed(question, isNothing); },
    });
    this.listen();
    this.restore();
    if (!this.locked) void this.outbox.flush();
    this.placeFocus();
  }

  stop(): void {
    this.stops.forEach((stop) => { stop(); });
    this.drawings.stop();
    this.arrivals.stop();
  }

  /** Sends what waits while the page goes away. */
  part(): void {
    if (!this.locked) this.outbox.part();
  }

  /** Time is told now and then, so that little of it is lost with the browser. */
  tick(): void {
    if (!this.locked && !document.hidden) void this.outbox.flush();
  }

  online(): void {
    if (!this.locked && this.outbox.size > 0) void this.outbox.flush();
  }

  /** From picture to questions and back. */
  crossOver(): void {
    if (!this.root.contains(document.activeElement)) this.focusPanel(null);
    else tell("hounsfield:picture", {});
  }

  async finish(): Promise<void> {
    if (this.locked || !(await this.allArrived())) return;
    this.takeStarts();
    const reply = await this.outbox.flush({ done: true });
    if (reply?.next) this.options.go(reply.next);
    else if (reply) this.focusTrouble();
  }

  private get csrfToken(): string {
    return this.root.querySelector<HTMLInputElement>('[name="csrfmiddlewaretoken"]')?.value ?? "";
  }

  /** Not the form's own `action`: a button of that name stands before it. */
  private get address(): string {
    return this.root.getAttribute("action") ?? "";
  }

  private get questions(): readonly HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>("[data-question]")];
  }

  private outboxOptions(): OutboxOptions {
    const { dataset } = this.root;
    const { clock, shelf, writer } = this.options;
    return {
      shelf,
      key: `${shelfPrefix(dataset)}${writer}`,
      writer,
      send: (message, isLeaving) => post(this.address, message, this.csrfToken, { isLeaving }),
      spent: () => clock.total,
      schedule: (act, delay) => {
        const timer = window.setTimeout(act, delay);
        return () => { window.clearTimeout(timer); };
      },
      onReply: (reply, { saves, done }) => { this.take(reply, saves || done); },
      onState: (state, words) => { this.say(state, words); },
    };
  }

  private listen(): void {
    this.on("input", (event) => { this.typed(event); });
    this.on("change", (event) => { this.typed(event); });
    this.on("focusin", (event) => { this.turnedTo(event); });
    this.on("keydown", (event) => { this.key(event as KeyboardEvent); });
    this.on("submit", (event) => {
      event.preventDefault();
      const { submitter } = event as SubmitEvent;
      if ((submitter as HTMLButtonElement | null)?.value === "next") void this.finish();
      else void this.save();
    });
    this.stops.push(hear("hounsfield:panel", ({ key }) => { this.focusPanel(key); }));
    this.stops.push(hear("hounsfield:drawing", ({ key }) => { if (key !== null) this.begin(key); }));
  }

  private on(name: string, listener: (event: Event) => void): void {
    this.root.addEventListener(name, listener);
    this.stops.push(() => { this.root.removeEventListener(name, listener); });
  }

  private restore(): void {
    for (const question of this.questions) {
      const kept = this.options.inherited[question.dataset.question ?? ""];
      if (!kept || this.locked) continue;
      showAnswer(question, kept.value);
      const box = confirmBox(question);
      if (box) box.checked = kept.confirmed;
      this.outbox.put(question.dataset.question ?? "", kept);
      this.drawings.show(question.dataset.question ?? "");
    }
  }

  private async save(): Promise<void> {
    if (!(await this.allArrived())) return;
    this.takeStarts();
    await this.outbox.flush({ saves: true });
  }

  /** What the case or the one before brought is an answer once the reader saves. */
  private takeStarts(): void {
    this.questions.forEach((question) => {
      if (question.dataset.start !== undefined && !isEmpty(answerOf(question))) this.put(question);
    });
  }

  private async allArrived(): Promise<boolean> {
    if (this.arrivals.isWaiting) this.say("idle", UNDER_WAY);
    const arrived = await this.arrivals.whenAll(PATIENCE);
    if (!arrived) this.say("refused", LATE);
    return arrived;
  }

  private typed(event: Event): void {
    const target = event.target as HTMLElement;
    const question = target.closest<HTMLElement>("[data-question]");
    if (!question || this.locked) return;
    if (target instanceof HTMLInputElement && (target.type === "hidden" || target.name.startsWith("d-"))) return;
    if (target instanceof HTMLInputElement && target.type === "range") showRange(target, target.value);
    this.changed(question, confirmBox(question)?.checked === true && isEmpty(answerOf(question)));
  }

  private changed(question: HTMLElement, isNothing: boolean): void {
    const box = confirmBox(question);
    if (box) box.checked = isNothing;
    delete question.dataset.start;
    question.querySelector(".panel-origin")?.remove();
    this.showError(question, "");
    this.put(question, isNothing);
  }

  private put(question: HTMLElement, isNothing = false): void {
    const key = question.dataset.question ?? "";
    const explanation = explanationOf(question);
    const now = this.options.clock.total;
    const answer: GivenAnswer = {
      value: answerOf(question),
      confirmed: isNothing,
      version: Number(question.dataset.version ?? 0),
      duration: Math.max(0, now - (this.begun.get(key) ?? now)) / 1000,
      ...(explanation === undefined ? {} : { explanation }),
    };
    this.outbox.put(key, answer);
  }

  private turnedTo(event: Event): void {
    this.lastPlace = event.target as HTMLElement;
    const question = this.lastPlace.closest<HTMLElement>("[data-question]");
    if (question) this.begin(question.dataset.question ?? "");
  }

  private begin(key: string): void {
    if (!this.begun.has(key)) this.begun.set(key, this.options.clock.total);
  }

  private key(event: KeyboardEvent): void {
    const { target } = event;
    const arrow = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : null;
    if (arrow === null || !(target instanceof HTMLInputElement)) return;
    if (target.closest('[data-control="number"]') === null || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    target.value = stepped(target.value, arrow, stepsOf(target));
    target.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** `whole`: the reader asked for all of it, so what is not wrong now is right. */
  private take(reply: Reply, whole: boolean): void {
    for (const question of this.questions) {
      const key = question.dataset.question ?? "";
      const version = reply.versions[key];
      if (version !== undefined) {
        question.dataset.version = String(version);
        delete question.dataset.start;
        this.begun.delete(key);
      }
      if (this.outbox.has(key)) continue;
      const other = reply.conflicts[key];
      if (other) this.showConflict(question, other);
      if (whole || reply.errors[key] !== undefined || version !== undefined) this.showError(question, reply.errors[key] ?? "");
    }
    if (reply.progress) this.showProgress(reply.progress);
  }

  private showError(question: HTMLElement, words: string): void {
    question.classList.toggle("has-error", words !== "");
    const place = question.querySelector<HTMLElement>(".panel-error");
    if (place) {
      place.hidden = words === "";
      place.textContent = words;
    }
    question.querySelectorAll('input:not([type="hidden"]), textarea, select').forEach((field) => {
      if (words === "") field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
    });
  }

  /** Two answers to one question: the reader chooses. */
  private showConflict(question: HTMLElement, other: OtherAnswer): void {
    const place = question.querySelector<HTMLElement>(".panel-conflict");
    if (!place) return;
    const words = document.createElement("p");
    words.textContent = `In another window you answered: ${other.text}.`;
    const choose = (text: string, act: () => void): HTMLButtonElement => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-secondary button-small";
      button.textContent = text;
      button.addEventListener("click", () => {
        place.hidden = true;
        question.dataset.version = String(other.version);
        act();
      });
      return button;
    };
    const theirs = choose("Take that answer", () => {
      showAnswer(question, other.value);
      const box = confirmBox(question);
      if (box) box.checked = other.confirmed;
      this.drawings.show(question.dataset.question ?? "");
    });
    const mine = choose("Keep this one", () => { this.put(question, confirmBox(question)?.checked === true); });
    place.replaceChildren(words, mine, theirs);
    place.hidden = false;
  }

  private showProgress({ done, total, text }: { readonly done: number; readonly total: number; readonly text: string }): void {
    const bar = this.root.querySelector<HTMLProgressElement>("#panel-progress progress");
    if (!bar) return;
    bar.max = total;
    bar.value = done;
    bar.setAttribute("aria-label", text);
    const label = this.root.querySelector("#panel-progress .progress-text span");
    if (label) label.textContent = text;
    const share = this.root.querySelector("#panel-progress .progress-detail");
    if (share && total > 0) share.textContent = `${Math.round((100 * done) / total)} %`;
  }

  private say(state: Sending, words: string): void {
    const place = this.root.querySelector<HTMLElement>("#panel-message");
    if (!place || state === "waiting") return;
    place.dataset.state = state;
    if (place.textContent !== words) place.textContent = words;
  }

  private focusTrouble(): void {
    const trouble = this.root.querySelector<HTMLElement>(".has-error, .panel-question:has(.panel-conflict:not([hidden]))");
    trouble?.querySelector<HTMLElement>('input:not([type="hidden"]), textarea, select, button:not([hidden])')?.focus();
  }

  private focusPanel(key: string | null): void {
    const asked = this.questions.find(({ dataset }) => dataset.question === key);
    const place = asked?.querySelector<HTMLElement>('input:not([type="hidden"]), textarea, select, button:not([hidden])')
      ?? (this.lastPlace?.isConnected ? this.lastPlace : null)
      ?? this.root.querySelector<HTMLElement>("#panel-heading");
    place?.focus();
  }

  /** At the heading, not in a field: arrows go on to move through the slices until the reader goes to a question. */
  private placeFocus(): void {
    if (document.activeElement === document.body) {
      this.root.querySelector<HTMLElement>("#panel-heading")?.focus({ preventScroll: true });
    }
  }
}

/** Where the answers of all windows to one case of one reader are kept; the name of the window follows. */
export function shelfPrefix({ mode = "", reader = "", case: display = "" }: DOMStringMap): string {
  return `hounsfield.reading:${mode}:${reader}:${display}:`;
}
