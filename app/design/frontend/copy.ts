/** Copy buttons: `data-copy="#id"` copies an element's text, `data-copy-text` its own value. */
import { closest } from "./dom";
import { showToast } from "./toasts";

export function setUpCopying(): void {
  document.addEventListener("click", (event) => {
    const button = closest<HTMLElement>(event, "[data-copy], [data-copy-text]");
    if (button) void copy(textOf(button));
  });
}

function textOf(button: HTMLElement): string {
  const selector = button.dataset["copy"];
  if (!selector) return button.dataset["copyText"] ?? "";
  return document.querySelector<HTMLElement>(selector)?.textContent ?? "";
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showToast({ text: "Copied.", tone: "success" });
  } catch {
    showToast({ text: "Your browser did not allow copying. Select the text instead.", tone: "warning" });
  }
}
