/** What the user sees: a headline, a bar, and the few files that matter now. */
import type { Job, Totals } from "./jobs";
import { durationText, filesText, sizeText } from "./words";

const MOST_ROWS = 8;
const RATE_OVER = 8_000; // ms

/** Shows jobs; a list of thousands costs as much as one of eight. */
export class View {
  private readonly root: HTMLElement;
  private readonly onRemove: (job: Job) => void;
  private readonly samples: { at: number; sent: number }[] = [];
  private readonly rows = new Map<Job, HTMLElement>();
  private announced = "";

  constructor(root: HTMLElement, onRemove: (job: Job) => void) {
    this.root = root;
    this.onRemove = onRemove;
  }

  announce(text: string): void {
    if (text === this.announced) return;
    this.announced = text;
    this.part("announce").textContent = text;
  }

  part(name: string): HTMLElement {
    const found = this.root.querySelector<HTMLElement>(`[data-uploader-${name}]`);
    if (!found) throw new Error(`The uploader has no part ${name}.`);
    return found;
  }

  draw(jobs: readonly Job[], totals: Totals): void {
    this.part("state").hidden = jobs.length === 0;
    this.part("headline").textContent = headline(totals);
    this.part("detail").textContent = this.detail(totals);
    const bar = this.part("total") as HTMLProgressElement;
    bar.value = totals.bytes > 0 ? (100 * totals.sent) / totals.bytes : isOver(totals) ? 100 : 0;
    this.part("retry").hidden = totals.failed === 0;
    this.part("clear").textContent = isOver(totals) ? "Remove all" : "Cancel all";
    this.drawRows(jobs);
    if (isOver(totals) && jobs.length > 0) this.announce(headline(totals));
  }

  /** Rows stay the same elements while they are shown, so that clicks and focus find them. */
  private drawRows(jobs: readonly Job[]): void {
    const shown = choose(jobs);
    for (const job of this.rows.keys()) if (!shown.includes(job)) this.rows.delete(job);
    const wanted = shown.map((job) => this.row(job));
    const more = jobs.length - shown.length;
    if (more > 0) wanted.push(element("li", "uploader-more", `and ${more.toLocaleString("en-US")} more`));
    const list = this.part("list");
    if (isSame(list.children, wanted)) return;
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...wanted);
    if (!(focused instanceof HTMLElement)) return;
    (list.contains(focused) ? focused : list.querySelector("button"))?.focus();
  }

  private row(job: Job): HTMLElement {
    const row = this.rows.get(job) ?? this.newRow(job);
    row.dataset["state"] = job.state;
    const place = row.querySelector(".uploader-note");
    const text = note(job);
    if (place && place.textContent !== text) place.textContent = text;
    return row;
  }

  private newRow(job: Job): HTMLElement {
    const row = element("li", "uploader-file");
    const name = element("span", "uploader-name", job.path);
    name.title = job.path;
    const remove = element("button", "uploader-remove", "×") as HTMLButtonElement;
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${job.path}`);
    remove.addEventListener("click", () => {
      this.onRemove(job);
    });
    row.append(name, element("span", "uploader-note"), remove);
    this.rows.set(job, row);
    return row;
  }

  private detail(totals: Totals): string {
    const now = Date.now();
    this.samples.push({ at: now, sent: totals.sent });
    while ((this.samples[0]?.at ?? now) < now - RATE_OVER) this.samples.shift();
    if (totals.bytes === 0) return "";
    if (isOver(totals)) return sizeText(totals.bytes);
    const first = this.samples[0];
    const rate = first && now > first.at ? (1000 * (totals.sent - first.sent)) / (now - first.at) : 0;
    const amount = `${sizeText(totals.sent)} of ${sizeText(totals.bytes)}`;
    if (rate <= 0) return amount;
    const left = durationText((totals.bytes - totals.sent) / rate);
    return `${amount} · ${sizeText(rate)}/s · ${left} left`;
  }
}

export function isOver(totals: Totals): boolean {
  return totals.done + totals.failed === totals.files;
}

/** The rows worth showing: what failed, what moves, then the last that came through. */
export function choose(jobs: readonly Job[]): Job[] {
  if (jobs.length <= MOST_ROWS) return [...jobs];
  const shown: Job[] = [];
  for (const state of ["failed", "sending", "waiting", "done"] as const) {
    for (const job of jobs) {
      if (shown.length >= MOST_ROWS) return shown;
      if (job.state === state) shown.push(job);
    }
  }
  return shown;
}

function headline(totals: Totals): string {
  if (totals.files === 0) return "";
  if (!isOver(totals)) return `Sending: ${String(totals.done)} of ${filesText(totals.files)}`;
  if (totals.failed === 0) return `${filesText(totals.files)} uploaded`;
  return `${filesText(totals.failed)} of ${filesText(totals.files)} could not be uploaded`;
}

function note(job: Job): string {
  if (job.state === "failed") return job.problem;
  if (job.state === "done") return job.size > 0 ? `${sizeText(job.size)} · uploaded` : "uploaded";
  if (job.state === "waiting") return `${sizeText(job.size)} · waiting`;
  const percent = job.size > 0 ? Math.floor((100 * job.sent) / job.size) : 0;
  return `${sizeText(job.size)} · ${String(percent)} %`;
}

/** Whether the list already shows these rows; the count of the others is compared by its text. */
function isSame(now: HTMLCollection, wanted: HTMLElement[]): boolean {
  return (
    now.length === wanted.length &&
    wanted.every((row, at) => {
      const there = now[at];
      const isCount = row.className === "uploader-more";
      return there === row || (isCount && there?.outerHTML === row.outerHTML);
    })
  );
}

function element(tag: string, css: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = css;
  made.textContent = text; // never HTML: names come from outside
  return made;
}
