/** The button "What is in these files?"; what it needs is loaded when it is pressed. */
import type { Control } from "../control";

export function offerPreview(root: HTMLElement, control: Control): void {
  const button = root.querySelector<HTMLButtonElement>("[data-uploader-look]");
  const place = root.querySelector<HTMLElement>("[data-uploader-headers]");
  if (!button || !place) return;
  const refresh = (): void => {
    const isEmpty = control.files.length === 0;
    button.hidden = isEmpty;
    if (isEmpty) place.replaceChildren();
  };
  root.addEventListener("uploader:change", refresh);
  refresh();
  button.addEventListener("click", () => {
    void look(control, button, place);
  });
}

async function look(control: Control, button: HTMLElement, place: HTMLElement): Promise<void> {
  button.setAttribute("aria-busy", "true");
  try {
    const { showHeaders } = await import("./show");
    const options = (control.root.dataset["keeps"] ?? "").split(",").filter(Boolean);
    await showHeaders(place, control.files, options);
  } catch {
    place.textContent = "The headers cannot be shown now. Load this page again and try once more.";
  } finally {
    button.removeAttribute("aria-busy");
  }
}
