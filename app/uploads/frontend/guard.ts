/** When a form may be sent, what it waits for, and how it says so. */
import { filesText } from "./words";
import type { Control } from "./control";

const guards = new WeakMap<HTMLFormElement, Guard>();

/** Watches over one form with all upload controls in it. */
export class Guard {
  private readonly form: HTMLFormElement;
  private readonly controls: Control[] = [];
  /** The button that was pressed while files had to be sent first. */
  private pressed: HTMLElement | null = null;
  private isPressed = false;

  static of(form: HTMLFormElement | null): Guard | null {
    if (!form) return null;
    const guard = guards.get(form) ?? new Guard(form);
    guards.set(form, guard);
    return guard;
  }

  private constructor(form: HTMLFormElement) {
    this.form = form;
    form.addEventListener("submit", (event) => {
      this.onSubmit(event);
    });
  }

  join(control: Control): void {
    this.controls.push(control);
  }

  refresh(): void {
    const reason = this.reason();
    for (const button of this.form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) {
      button.disabled = reason !== "";
    }
    for (const place of this.form.querySelectorAll<HTMLElement>("[data-uploader-reason]")) {
      if (place.textContent !== reason) place.textContent = reason;
    }
    if (this.isPressed && this.controls.some(({ state }) => state === "failed")) this.isPressed = false;
    if (this.isPressed && this.controls.every(isSettled)) this.sendOff();
  }

  private onSubmit(event: SubmitEvent): void {
    for (const control of this.controls) control.update();
    if (this.controls.every(isSettled)) {
      for (const control of this.controls) control.handOver();
      return;
    }
    event.preventDefault();
    this.pressed = event.submitter;
    this.isPressed = true;
    for (const control of this.controls) if (control.state === "chosen") control.start();
    this.refresh();
  }

  private sendOff(): void {
    this.isPressed = false;
    this.form.requestSubmit(this.pressed?.isConnected ? this.pressed : null);
  }

  /** Why the form cannot be sent now, in a sentence; empty if it can. */
  private reason(): string {
    const states = this.controls.map(({ state }) => state);
    const failed = this.controls.reduce((sum, { failures }) => sum + failures, 0);
    if (states.includes("failed")) {
      return `${filesText(failed)} could not be uploaded. Try again, or remove what failed.`;
    }
    if (states.includes("busy")) {
      return this.isPressed
        ? "Stay on this page: the files are being uploaded, and the rest follows by itself."
        : "The files are being uploaded.";
    }
    const missing = this.controls.some(({ state, isNeeded }) => state === "empty" && isNeeded);
    return missing ? "Choose files first." : "";
  }
}

function isSettled({ state }: Control): boolean {
  return state === "ready" || state === "empty";
}
