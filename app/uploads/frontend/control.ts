/** One upload control in a form: choosing, dropping, and telling the form what arrived. */
import { fromDrop, fromInput, isAccepted, MOST_FILES, TooManyFiles } from "./files";
import { fingerprint, type Memory } from "./memory";
import { finishedJob, newJob, totalsOf, type Chosen, type Job } from "./jobs";
import { Transfer } from "./transfer";
import { isOver, View } from "./view";
import { filesText } from "./words";

const REFRESH_EVERY = 200; // ms

export class Control {
  private readonly root: HTMLElement;
  private readonly view: View;
  private readonly transfer: Transfer;
  private jobs: Job[];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, memory: Memory) {
    this.root = root;
    this.view = new View(root, (job) => {
      this.remove([job]);
    });
    this.transfer = new Transfer(memory, () => {
      this.refreshSoon();
    });
    this.jobs = this.earlier();
    this.listen();
    this.refresh();
  }

  private get isMultiple(): boolean {
    return this.root.hasAttribute("data-multiple");
  }

  private listen(): void {
    const drop = this.view.part("drop");
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.dataset["over"] = "";
    });
    drop.addEventListener("dragleave", () => delete drop.dataset["over"]);
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      delete drop.dataset["over"];
      if (event.dataTransfer) void this.take(fromDrop(event.dataTransfer));
    });
    for (const button of this.root.querySelectorAll<HTMLElement>("[data-uploader-choose]")) {
      const input = this.view.part(button.dataset["uploaderChoose"] ?? "files") as HTMLInputElement;
      button.addEventListener("click", () => {
        input.click();
      });
      input.addEventListener("change", () => {
        const chosen = fromInput(input);
        input.value = ""; // so that the same file can be chosen again
        void this.take(Promise.resolve(chosen));
      });
    }
    this.view.part("clear").addEventListener("click", () => {
      this.remove(this.jobs);
    });
    this.view.part("retry").addEventListener("click", () => {
      this.retry();
    });
  }

  /** Add files as soon as a dropped folder has been walked through. */
  private async take(pending: Promise<Chosen[]>): Promise<void> {
    this.root.setAttribute("aria-busy", "true");
    try {
      this.add(await pending);
    } catch (error) {
      const most = filesText(MOST_FILES);
      this.say(error instanceof TooManyFiles ? `At most ${most} at a time.` : "That cannot be read.");
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  private add(chosen: Chosen[]): void {
    const accept = this.root.dataset["accept"] ?? "";
    const fitting = chosen.filter(({ path }) => isAccepted(path, accept));
    const wanted = this.isMultiple ? fitting : fitting.slice(0, 1);
    if (fitting.length < chosen.length) this.say(`Only these files fit here: ${accept}`);
    else if (chosen.length === 0) this.say("There are no files in that.");
    else this.say("");
    if (wanted.length === 0) return;
    if (!this.isMultiple) this.remove(this.jobs);
    const known = new Set(this.jobs.map(printOf));
    const fresh = wanted.map(newJob).filter((job) => !known.has(printOf(job)));
    if (this.jobs.length + fresh.length > MOST_FILES) throw new TooManyFiles();
    this.jobs.push(...fresh);
    this.view.announce(`Sending ${filesText(fresh.length)}`);
    this.transfer.add(fresh);
    this.refresh();
  }

  private remove(jobs: readonly Job[]): void {
    const gone = new Set(jobs);
    for (const job of gone) this.transfer.cancel(job);
    this.jobs = this.jobs.filter((job) => !gone.has(job));
    this.refresh();
  }

  private retry(): void {
    const failed = this.jobs.filter((job) => job.state === "failed");
    for (const job of failed) Object.assign(job, { state: "waiting", problem: "", sent: 0 });
    this.transfer.add(failed);
    this.refresh();
  }

  /** Say something about the choice itself, in the place of the invitation. */
  private say(text: string): void {
    const place = this.root.querySelector<HTMLElement>(".uploader-invitation");
    if (!place) return;
    place.dataset["invitation"] ??= place.textContent;
    place.textContent = text || (place.dataset["invitation"] ?? "");
    if (text) this.view.announce(text);
  }

  /** Progress comes in hundreds of events a second; showing it five times is enough. */
  private refreshSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.refresh();
    }, REFRESH_EVERY);
  }

  private refresh(): void {
    const totals = totalsOf(this.jobs);
    const over = isOver(totals);
    const state = totals.files === 0 ? "empty" : !over ? "busy" : totals.failed ? "failed" : "ready";
    this.root.dataset["state"] = state;
    if (over) this.fill();
    this.view.draw(this.jobs, totals);
    refreshSubmit(this.root.closest("form"));
  }

  /** Write down what arrived: the ids in order, and the path that each was chosen with. */
  private fill(): void {
    const done = this.jobs.filter((job) => job.state === "done");
    const ids = done.map((job) => job.ids?.pk ?? "");
    const paths = Object.fromEntries(done.map((job) => [job.ids?.pk ?? "", job.path]));
    this.field("").value = ids.join(",");
    this.field("_paths").value = ids.length > 0 ? JSON.stringify(paths) : "";
  }

  private field(suffix: string): HTMLInputElement {
    const name = `${this.root.dataset["targetInput"] ?? ""}${suffix}`;
    const found = this.root.querySelector<HTMLInputElement>(`input[type=hidden][name="${name}"]`);
    if (!found) throw new Error(`The uploader has no hidden input ${name}.`);
    return found;
  }

  /** Uploads that a form brought back after it was refused. */
  private earlier(): Job[] {
    const ids = this.field("").value.split(",").filter(Boolean);
    let paths: Record<string, string> = {};
    try {
      paths = JSON.parse(this.field("_paths").value || "{}") as Record<string, string>;
    } catch {
      // Names are a courtesy; without them the number says which file is meant.
    }
    return ids.map((pk, at) => finishedJob(pk, paths[pk] ?? `File ${String(at + 1)}`));
  }
}

/** A form can be sent once every control in it is ready (or empty and not required). */
function refreshSubmit(form: HTMLFormElement | null): void {
  if (!form) return;
  const controls = [...form.querySelectorAll<HTMLElement>("[data-uploader]")];
  const ready = controls.every((control) => {
    const state = control.dataset["state"];
    return state === "ready" || (state === "empty" && !control.hasAttribute("data-required"));
  });
  for (const button of form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) {
    button.disabled = !ready;
  }
}

function printOf(job: Job): string {
  return job.file ? fingerprint(job.path, job.file) : job.path;
}
