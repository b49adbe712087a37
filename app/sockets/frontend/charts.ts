/**
 * Charts on pages: every `[data-chart]` holds a Vega-Lite specification as text.
 *
 * The content policy forbids `eval`, so expressions are interpreted; nothing is ever fetched, since
 * a chart carries its data and its specification comes from people.
 */
import { expressionInterpreter } from "vega-interpreter";
import { loader, parse, View, Warn } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import "./charts.css";

const CONFIG = {
  background: "transparent",
  mark: { color: "#0b6a87" },
  font: "Inter Variable, system-ui, sans-serif",
  axis: { labelFontSize: 12, titleFontSize: 12 },
};

/** A loader that loads nothing, whatever it is asked for. */
function closedLoader(): ReturnType<typeof loader> {
  const closed = loader();
  const refuse = (): Promise<never> => Promise.reject(new Error("Charts load nothing."));
  return Object.assign(closed, { load: refuse, sanitize: refuse, http: refuse, file: refuse });
}

async function draw(place: HTMLElement): Promise<void> {
  const text = place.dataset["chart"] ?? "";
  const wide = { width: "container", autosize: { type: "fit-x", contains: "padding" } };
  const given = JSON.parse(text) as Record<string, unknown>;
  const encoding = (given["encoding"] ?? {}) as Record<string, unknown>;
  const facets = ["facet", "row", "column"].some((name) => name in encoding);
  const isPlain = "mark" in given && !facets;
  const spec = (isPlain ? { ...given, ...wide } : given) as unknown as TopLevelSpec;
  const compiled = compile(spec, { config: CONFIG }).spec;
  const runtime = parse(compiled, undefined, { ast: true });
  const view = new View(runtime, {
    container: place,
    expr: expressionInterpreter,
    hover: false,
    loader: closedLoader(),
    logLevel: Warn,
    renderer: "svg",
  } as ConstructorParameters<typeof View>[1]);
  await view.runAsync();
}

async function drawOrSay(place: HTMLElement): Promise<void> {
  try {
    await draw(place);
  } catch {
    place.classList.add("chart-failed");
    place.textContent = "This chart cannot be drawn; its numbers are below.";
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
