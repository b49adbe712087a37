/**
 * Drawing Vega-Lite specifications.
 *
 * The content policy forbids `eval`, so expressions are interpreted; nothing is ever fetched, since
 * a chart carries its data and its specification may come from people.
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

/** Draw a specification in its own size; the view can be saved. */
export async function draw(place: HTMLElement, spec: unknown): Promise<View> {
  const compiled = compile(spec as TopLevelSpec, { config: CONFIG }).spec;
  const runtime = parse(compiled, undefined, { ast: true });
  const view = new View(runtime, {
    container: place,
    expr: expressionInterpreter,
    hover: false,
    loader: closedLoader(),
    logLevel: Warn,
    renderer: "svg",
  } as ConstructorParameters<typeof View>[1]);
  return view.runAsync();
}

/** Say in the place of a chart that there is none. */
export function sayFailed(place: HTMLElement): void {
  place.classList.add("chart-failed");
  place.textContent = "This chart cannot be drawn; its numbers are below.";
}
