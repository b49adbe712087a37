/** One upload control in a form: Uppy, and telling the form what arrived. */
import AwsS3 from "@uppy/aws-s3";

import * as api from "./api";
import { fitHeight, showDashboard } from "./dashboard";
import { Guard } from "./guard";
import type { Memory } from "./memory";
import { Parts, printOf } from "./parts";
import { SteadyUppy } from "./steady";
import { totalsOf, type Totals } from "./totals";
import { pathOf, pkOf, type Arrived, type Item, type UploadMeta } from "./types";
import { CORE_WORDS, filesText, problemsText, speedText } from "./words";

const REFRESH_EVERY = 200; // ms
const FILES_AT_ONCE = 100; // files between being announced and being completed; four send bytes

/** "chosen": files that wait for the form's button. */
export type ControlState = "empty" | "chosen" | "busy" | "failed" | "ready";

export class Control {
  readonly root: HTMLElement;
  readonly uppy: SteadyUppy;
  private readonly memory: Memory;
  private readonly guard: Guard | null;
  private readonly samples: { at: number; sent: number }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private announced = "";

  constructor(root: HTMLElement, memory: Memory) {
    this.root = root;
    this.memory = memory;
    this.uppy = new SteadyUppy({
      accept: root.dataset["accept"] ?? "",
      isMultiple: root.hasAttribute("data-multiple"),
      startsByItself: !root.hasAttribute("data-deferred"),
      locale: CORE_WORDS,
    });
    const parts = new Parts(memory, (item) => this.holds(item));
    this.uppy.use(AwsS3<UploadMeta, Arrived>, parts.options(FILES_AT_ONCE));
    this.show();
    this.bringBack();
    this.listen();
    this.guard = Guard.of(root.closest("form"));
    this.guard?.join(this);
    this.refresh();
  }

  get state(): ControlState {
    return (this.root.dataset["state"] ?? "empty") as ControlState;
  }

  get isNeeded(): boolean {
    return this.root.hasAttribute("data-required");
  }

  /** How many files could not be sent. */
  get failures(): number {
    return this.uppy.getFiles().filter((item) => item.error).length;
  }

  get files(): readonly Item[] {
    return this.uppy.getFiles();
  }

  start(): void {
    void this.uppy.upload().catch(() => undefined); // each file says what went wrong with it
  }

  /** The form goes off: these uploads are used up, and choosing the files again sends them again. */
  handOver(): void {
    for (const item of this.files) this.memory.forget(printOf(item));
    this.memory.flush();
  }

  private show(): void {
    const target = this.part("dashboard");
    fitHeight(target, 0);
    showDashboard(this.uppy, {
      target,
      accept: this.root.dataset["accept"] ?? "",
      isMultiple: this.root.hasAttribute("data-multiple"),
      takesFolders: this.root.hasAttribute("data-directory"),
      note: this.root.dataset["note"] ?? "",
      label: this.root.getAttribute("aria-label") ?? "Files",
    });
  }

  private listen(): void {
    const soon = (): void => {
      this.refreshSoon();
    };
    this.uppy.on("state-update", soon);
    this.uppy.on("files-added", soon);
    this.uppy.on("upload-success", soon);
    this.uppy.on("upload-error", soon);
    this.uppy.on("file-removed", (item) => {
      const pk = pkOf(item as Item);
      if (pk) api.remove(pk);
      if (pk) this.memory.forget(printOf(item as Item));
      if (this.failures === 0) this.uppy.setState({ error: null }); // the bar would go on saying so
      this.refreshSoon();
    });
  }

  private holds(item: Item): boolean {
    return item.id in this.uppy.getState().files;
  }

  /** Progress comes in hundreds of events a second; counting five times is enough. */
  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.update();
    }, REFRESH_EVERY);
  }

  /** Say now what is chosen and sent: a form that goes off names no file that was just removed. */
  update(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.refresh();
  }

  private refresh(): void {
    const items = this.uppy.getFiles();
    const totals = totalsOf(items);
    const state = this.stateFor(totals);
    if (state === "ready" || state === "failed" || state === "empty") this.fill(items);
    fitHeight(this.part("dashboard"), totals.files);
    this.part("speed").textContent = state === "busy" ? this.speed(totals) : "";
    this.showProblems(items, totals);
    this.root.dataset["state"] = state;
    this.announce(wordsOf(state, totals));
    this.guard?.refresh();
    this.root.dispatchEvent(new CustomEvent("uploader:change", { detail: { items } }));
  }

  private stateFor(totals: Totals): ControlState {
    if (totals.files === 0) return "empty";
    if (totals.done + totals.failed === totals.files && !this.uppy.isAdding) {
      return totals.failed > 0 ? "failed" : "ready";
    }
    const isIdle = totals.started === totals.done + totals.failed;
    return this.root.hasAttribute("data-deferred") && isIdle ? "chosen" : "busy";
  }

  /** Bytes in a second over the last eight; Uppy itself says how much and how long. */
  private speed(totals: Totals): string {
    const now = Date.now();
    this.samples.push({ at: now, sent: totals.sent });
    while ((this.samples[0]?.at ?? now) < now - 8000) this.samples.shift();
    const first = this.samples[0];
    if (!first || now <= first.at || totals.sent <= first.sent) return "";
    return speedText((1000 * (totals.sent - first.sent)) / (now - first.at));
  }

  private showProblems(items: readonly Item[], totals: Totals): void {
    const place = this.part("problems");
    const text = totals.failed > 0 ? problemsText(items) : [];
    if (place.childElementCount === text.length && !place.hidden === text.length > 0) {
      if ([...place.children].every((row, at) => row.textContent === text[at])) return;
    }
    place.hidden = text.length === 0;
    place.replaceChildren(
      ...text.map((line) => {
        const row = document.createElement("li");
        row.textContent = line; // never HTML: names come from outside
        return row;
      }),
    );
  }

  private announce(text: string): void {
    if (text === this.announced) return;
    this.announced = text;
    this.part("announce").textContent = text;
  }

  /** Write down what arrived: the ids in order, and the path that each was chosen with. */
  private fill(items: readonly Item[]): void {
    const done = items.filter((item) => pkOf(item));
    const paths = Object.fromEntries(done.map((item) => [pkOf(item), pathOf(item)]));
    this.field("").value = done.map(pkOf).join(",");
    this.field("_paths").value = done.length > 0 ? JSON.stringify(paths) : "";
  }

  private part(name: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(`[data-uploader-${name}]`);
    if (!found) throw new Error(`The uploader has no part ${name}.`);
    return found;
  }

  private field(suffix: string): HTMLInputElement {
    const name = `${this.root.dataset["targetInput"] ?? ""}${suffix}`;
    const found = this.root.querySelector<HTMLInputElement>(`input[type=hidden][name="${name}"]`);
    if (!found) throw new Error(`The uploader has no hidden input ${name}.`);
    return found;
  }

  /** Show uploads that a form brought back after it was refused; they are complete. */
  private bringBack(): void {
    const pks = this.field("").value.split(",").filter(Boolean);
    let paths: Record<string, string> = {};
    try {
      paths = JSON.parse(this.field("_paths").value || "{}") as Record<string, string>;
    } catch {
      // Names are a courtesy; without them the number says which file is meant.
    }
    for (const [at, pk] of pks.entries()) {
      const path = paths[pk] ?? `File ${String(at + 1)}`;
      const name = path.slice(path.lastIndexOf("/") + 1);
      const data = new File([], name, { lastModified: at });
      const id = this.uppy.addFile({ name, data, meta: { relativePath: path } });
      this.uppy.setFileState(id, {
        progress: {
          uploadStarted: Date.now(),
          uploadComplete: true,
          complete: true,
          percentage: 100,
          bytesUploaded: 0,
          bytesTotal: 0,
        },
        response: { body: { pk }, status: 200 },
      });
    }
  }
}

function wordsOf(state: ControlState, totals: Totals): string {
  const files = filesText(totals.files);
  if (state === "empty") return "";
  if (state === "chosen") return `${files} chosen`;
  if (state === "busy") return `Sending ${files}`;
  if (state === "ready") return `${files} uploaded`;
  return `${filesText(totals.failed)} of ${files} could not be uploaded`;
}
