/**
 * Entry: plots of a ranking. Every `[data-plot]` names the address of its specification; buttons
 * `[data-save]` in the same figure keep it as SVG or PNG, `[data-print]` prints the page.
 */
import type { View } from "vega";
import { draw, sayFailed } from "../../sockets/frontend/drawing";
import "./plots.css";

const PNG_SCALE = 2;

async function specification(address: string): Promise<unknown> {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`The plot was not sent: ${String(response.status)}.`);
  return response.json();
}

async function pictureOf(view: View, kind: string): Promise<Blob> {
  if (kind === "svg") return new Blob([await view.toSVG()], { type: "image/svg+xml" });
  const canvas = (await view.toCanvas(PNG_SCALE)) as unknown as HTMLCanvasElement;
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error("The browser made no picture."));
    }, "image/png");
  });
}

/** Hand a file to the reader. */
function keep(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

async function show(place: HTMLElement): Promise<void> {
  const figure = place.closest<HTMLElement>("figure");
  const buttons = figure?.querySelectorAll<HTMLButtonElement>("[data-save]") ?? [];
  try {
    const view = await draw(place, await specification(place.dataset["plot"] ?? ""));
    view.background("white");
    for (const button of buttons) {
      const kind = button.dataset["save"] ?? "";
      button.hidden = false;
      button.addEventListener("click", () => {
        void pictureOf(view, kind).then((blob) => {
          keep(blob, `${place.dataset["name"] ?? "plot"}.${kind}`);
        });
      });
    }
    place.dataset["drawn"] = "yes";
  } catch {
    sayFailed(place);
    place.dataset["drawn"] = "failed";
  }
}

for (const place of document.querySelectorAll<HTMLElement>("[data-plot]")) void show(place);

for (const button of document.querySelectorAll<HTMLButtonElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    window.print();
  });
}
