/** Dialogs open as popovers without scripts; with them they are modal and keep the focus. */
import { closest } from "./dom";

export function setUpDialogs(): void {
  document.addEventListener("click", (event) => {
    const opener = closest<HTMLElement>(event, "[data-dialog-open]");
    if (opener) {
      event.preventDefault();
      openModal(opener.dataset["dialogOpen"] ?? "");
      return;
    }
    if (closest(event, "[data-dialog-close]")) {
      event.preventDefault();
      closest<HTMLDialogElement>(event, "dialog")?.close();
    } else if (event.target instanceof HTMLDialogElement && event.target.open) {
      event.target.close(); // a click on the backdrop
    }
  });
}

function openModal(id: string): void {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.removeAttribute("popover"); // a popover cannot be a modal dialog at the same time
  dialog.showModal();
}

/** `<form data-confirm="Sure?">` asks before it is sent. */
export function setUpConfirmations(): void {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target instanceof HTMLFormElement ? event.target : null;
      const question = form?.dataset["confirm"];
      if (question && !window.confirm(question)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
}
