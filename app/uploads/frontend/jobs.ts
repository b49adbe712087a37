/** One file on its way, and the sums over all of them. */

export type JobState = "waiting" | "sending" | "done" | "failed";

/** A file that the user chose, with the path it had in the chosen folder. */
export interface Chosen {
  file: File;
  path: string;
}

/** What the server knows an upload by. */
export interface UploadIds {
  pk: string;
  multipartId: string;
}

export interface Job {
  readonly file: File | null;
  readonly path: string;
  readonly size: number;
  state: JobState;
  sent: number;
  problem: string;
  ids: UploadIds | null;
  readonly cancel: AbortController;
}

export function newJob({ file, path }: Chosen): Job {
  return {
    file,
    path,
    size: file.size,
    state: "waiting",
    sent: 0,
    problem: "",
    ids: null,
    cancel: new AbortController(),
  };
}

/** An upload that was complete before this page was shown (a form that came back). */
export function finishedJob(pk: string, path: string): Job {
  const job = { file: null, path, size: 0, problem: "", cancel: new AbortController() };
  return { ...job, state: "done", sent: 0, ids: { pk, multipartId: "" } };
}

export interface Totals {
  files: number;
  done: number;
  failed: number;
  bytes: number;
  sent: number;
}

export function totalsOf(jobs: Iterable<Job>): Totals {
  const totals = { files: 0, done: 0, failed: 0, bytes: 0, sent: 0 };
  for (const job of jobs) {
    totals.files += 1;
    totals.bytes += job.size;
    totals.sent += job.state === "done" ? job.size : Math.min(job.sent, job.size);
    if (job.state === "done") totals.done += 1;
    if (job.state === "failed") totals.failed += 1;
  }
  return totals;
}
