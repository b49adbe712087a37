/** After a refused form, focus goes to the summary of errors, where a screen reader starts. */
import { forEachNowAndLater } from "./dom";

export function setUpErrorSummaries(): void {
  forEachNowAndLater<HTMLElement>("[data-form-errors]", (summary) => {
    if (!summary.closest("[data-no-focus]")) summary.focus();
  });
}
