/** Short messages in the corner: those the page brought, and those that scripts add. */
import { closest, element } from "./dom";

export interface Toast {
  text: string;
  tone?: "info" | "success" | "warning" | "error";
}

/** Long enough to read (WCAG 2.2.1); warnings and errors stay until dismissed. */
const STAY_MS = 8000;

export function showToast({ text, tone = "info" }: Toast): void {
  const list = document.getElementById("toasts");
  if (!list) return;
  const toast = element("div", `toast toast-${tone}`);
  toast.dataset["toast"] = "";
  if (tone === "error") toast.setAttribute("role", "alert");
  const close = element("button", "toast-close", "×");
  close.setAttribute("type", "button");
  close.setAttribute("aria-label", "Dismiss");
  close.dataset["toastClose"] = "";
  toast.append(element("p", "", text), close);
  list.append(toast);
  leaveInTime(toast);
}

export function setUpToasts(): void {
  document.querySelectorAll<HTMLElement>("[data-toast]").forEach(leaveInTime);
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-toast-close]")) closest(event, "[data-toast]")?.remove();
  });
  for (const target of [window, document.body]) {
    target.addEventListener("toast", (event) => {
      event.stopPropagation();
      showToast((event as CustomEvent<Toast>).detail);
    });
  }
}

function leaveInTime(toast: HTMLElement): void {
  if (toast.matches(".toast-warning, .toast-error")) return;
  let timer = window.setTimeout(() => toast.remove(), STAY_MS);
  for (const pause of ["pointerenter", "focusin"]) {
    toast.addEventListener(pause, () => window.clearTimeout(timer));
  }
  for (const resume of ["pointerleave", "focusout"]) {
    toast.addEventListener(resume, () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => toast.remove(), STAY_MS);
    });
  }
}
