/** Entry: drawing rectangles on the picture under review, and leafing through its frames. */
import "./review.css";
import { between, parsed, type Point, type Rectangle } from "./rectangles";

const SVG = "http://www.w3.org/2000/svg";
const NAMES = ["x", "y", "width", "height"] as const;

class Review {
  private readonly width: number;
  private readonly height: number;
  private readonly frames: number;
  private readonly picture: HTMLImageElement;
  private readonly overlay: SVGSVGElement;
  private frame: number;
  private faint: boolean;
  private start: Point | null = null;

  private readonly root: HTMLElement;
  private readonly form: HTMLFormElement | null;

  constructor(root: HTMLElement, form: HTMLFormElement | null) {
    this.root = root;
    this.form = form;
    this.width = Number(root.dataset["width"]);
    this.height = Number(root.dataset["height"]);
    this.frames = Number(root.dataset["frames"]);
    this.picture = must<HTMLImageElement>(root, "[data-picture]");
    this.frame = Number(/frames\/(\d+)\.png/.exec(this.picture.src)?.[1] ?? 0);
    this.faint = this.picture.src.includes("faint");
    this.overlay = document.createElementNS(SVG, "svg");
    this.overlay.setAttribute("viewBox", `0 0 ${String(this.width)} ${String(this.height)}`);
    this.overlay.setAttribute("preserveAspectRatio", "none");
    this.overlay.setAttribute("aria-hidden", "true");
    must(root, "[data-stage]").append(this.overlay);
    this.listenToFrames();
    if (form) this.listenToRectangles(form);
  }

  private listenToFrames(): void {
    const slider = must<HTMLInputElement>(this.root, "[data-slider]");
    slider.addEventListener("input", () => {
      this.show(Number(slider.value) - 1);
    });
    this.root.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      if (!link) return;
      if ("step" in link.dataset) {
        event.preventDefault();
        this.show(this.frame + Number(link.dataset["step"]));
      } else if ("faint" in link.dataset) {
        event.preventDefault();
        this.faint = !this.faint;
        link.textContent = this.faint ? "Show normal contrast" : "Show faint detail";
        this.show(this.frame);
      }
    });
  }

  private show(frame: number): void {
    this.frame = Math.min(Math.max(frame, 0), this.frames - 1);
    const address = this.picture.src.replace(/frames\/\d+\.png.*/, "");
    const query = `v=${this.root.dataset["version"] ?? ""}${this.faint ? "&faint" : ""}`;
    this.picture.src = `${address}frames/${String(this.frame)}.png?${query}`;
    const words = `Frame ${String(this.frame + 1)} of ${String(this.frames)}`;
    this.picture.alt = `${words} of the image under review`;
    must(this.root, "[data-position]").textContent = words;
    must<HTMLInputElement>(this.root, "[data-slider]").value = String(this.frame + 1);
  }

  private listenToRectangles(form: HTMLFormElement): void {
    form.addEventListener("input", () => {
      this.draw();
    });
    must(form, "[data-clear]").addEventListener("click", () => {
      for (const input of form.querySelectorAll<HTMLInputElement>("[data-row] input")) {
        input.value = "";
      }
      this.draw();
    });
    this.overlay.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.overlay.setPointerCapture(event.pointerId);
      this.start = this.point(event);
      event.preventDefault();
    });
    this.overlay.addEventListener("pointermove", (event) => {
      if (this.start) this.draw(between(this.start, this.point(event), this.width, this.height));
    });
    this.overlay.addEventListener("pointerup", (event) => {
      const made = this.start && between(this.start, this.point(event), this.width, this.height);
      this.start = null;
      if (made) this.enter(form, made);
      this.draw();
    });
    this.overlay.addEventListener("pointercancel", () => {
      this.start = null;
      this.draw();
    });
    this.draw();
  }

  private point(event: PointerEvent): Point {
    const box = this.overlay.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * this.width) / box.width,
      y: ((event.clientY - box.top) * this.height) / box.height,
    };
  }

  /** Put a drawn rectangle into the first row that is empty, or into a new one. */
  private enter(form: HTMLFormElement, made: Rectangle): void {
    const rows = [...form.querySelectorAll<HTMLElement>("[data-row]")];
    const row = rows.find((one) => inputs(one).every((input) => input.value === "")) ?? copied(rows);
    const fields = inputs(row);
    NAMES.forEach((name, index) => {
      const field = fields[index];
      if (field) field.value = String(made[name]);
    });
  }

  /** Show what will be black: the rows of the form, and what is being drawn. */
  private draw(extra: Rectangle | null = null): void {
    const rows = [...(this.form?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const found = rows.map((row) => parsed(inputs(row).map((input) => input.value)));
    const shown = [...found, extra].filter((one): one is Rectangle => one !== null);
    this.overlay.replaceChildren(...shown.map(rect));
  }
}

function rect(one: Rectangle): SVGRectElement {
  const made = document.createElementNS(SVG, "rect");
  for (const name of NAMES) made.setAttribute(name, String(one[name]));
  return made;
}

function inputs(row: HTMLElement): HTMLInputElement[] {
  return [...row.querySelectorAll<HTMLInputElement>("input")];
}

/** A new empty row after the last one. */
function copied(rows: readonly HTMLElement[]): HTMLElement {
  const last = rows[rows.length - 1];
  if (!last) throw new Error("The form has no rows.");
  const row = last.cloneNode(true) as HTMLElement;
  must(row, "legend").textContent = `Rectangle ${String(rows.length + 1)}`;
  for (const input of inputs(row)) input.value = "";
  last.after(row);
  return row;
}

function must<T extends Element>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`${selector} is missing`);
  return found;
}

const root = document.querySelector<HTMLElement>("[data-review][data-frames]");
if (root) new Review(root, document.querySelector<HTMLFormElement>("form[data-mask]"));
