/** Charts on pages: every `[data-chart]` holds a Vega-Lite specification as text. */
import { draw, sayFailed } from "./drawing";

/** A plain chart is as wide as its place; one with facets keeps its own size. */
function fitted(given: Record<string, unknown>): Record<string, unknown> {
  const wide = { width: "container", autosize: { type: "fit-x", contains: "padding" } };
  const encoding = (given["encoding"] ?? {}) as Record<string, unknown>;
  const facets = ["facet", "row", "column"].some((name) => name in encoding);
  const isPlain = "mark" in given && !facets;
  return isPlain ? { ...given, ...wide } : given;
}

async function drawOrSay(place: HTMLElement): Promise<void> {
  try {
    const text = place.dataset["chart"] ?? "";
    await draw(place, fitted(JSON.parse(text) as Record<string, unknown>));
  } catch {
    sayFailed(place);
  }
}

export function drawCharts(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>("[data-chart]:empty")) {
    void drawOrSay(place);
  }
}

drawCharts(document);
document.addEventListener("htmx:afterSettle", () => {
  drawCharts(document);
});
