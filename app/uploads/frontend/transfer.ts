/** The queue: takes jobs in order, sends them, and reports every change. */
import * as api from "./api";
import { fingerprint, type Memory } from "./memory";
import { filenameOf, nextUnit, partCount, partSizeFor, type Unit } from "./plan";
import { Refusal, withRetries } from "./retry";
import { places, put } from "./send";
import type { Job, UploadIds } from "./jobs";

const WORKERS = 2;
const SIGNED_AHEAD = 20;

export class Transfer {
  private readonly waiting: Job[] = [];
  private readonly memory: Memory;
  private readonly onChange: () => void;
  private working = 0;

  constructor(memory: Memory, onChange: () => void) {
    this.memory = memory;
    this.onChange = onChange;
  }

  add(jobs: Job[]): void {
    this.waiting.push(...jobs);
    while (this.working < WORKERS && this.working < this.waiting.length) {
      this.working += 1;
      void this.work();
    }
  }

  /** Stop a job wherever it is, and tell the server that nothing more will come. */
  cancel(job: Job): void {
    const at = this.waiting.indexOf(job);
    if (at >= 0) this.waiting.splice(at, 1);
    job.cancel.abort();
    if (job.ids) api.remove(job.ids.pk);
    if (job.file) this.memory.forget(fingerprint(job.path, job.file));
  }

  private async work(): Promise<void> {
    for (let unit = nextUnit(this.waiting); unit; unit = nextUnit(this.waiting)) {
      await this.send(unit);
    }
    this.working -= 1;
    this.onChange();
  }

  private async send(unit: Unit): Promise<void> {
    const jobs = unit.kind === "large" ? [unit.job] : unit.jobs;
    for (const job of jobs) job.state = "sending";
    this.onChange();
    try {
      if (unit.kind === "large") await this.sendLarge(unit.job);
      else await this.sendBatch(unit.jobs);
    } catch (error) {
      for (const job of jobs) this.fail(job, error);
    }
    this.onChange();
  }

  private fail(job: Job, error: unknown): void {
    if (job.state === "done" || job.state === "failed" || job.cancel.signal.aborted) return;
    job.state = "failed";
    job.problem =
      error instanceof Refusal
        ? error.message
        : "This file cannot be read. Was it moved or changed?";
  }

  private succeed(job: Job): void {
    job.state = "done";
    job.sent = job.size;
    this.onChange();
  }

  private async sendBatch(jobs: Job[]): Promise<void> {
    const live = jobs.filter((job) => !job.cancel.signal.aborted);
    if (live.length === 0) return;
    const never = new AbortController().signal;
    const files = live.map((job) => ({ filename: filenameOf(job.path), size: job.size }));
    const started = await api.startMany(files, never);
    const finished = await Promise.all(live.map((job, at) => this.sendOnly(job, started[at])));
    const uploads = finished.filter((item) => item !== null);
    if (uploads.length === 0) return;
    const answers = await api.finishMany(uploads, never);
    const byKey = new Map(answers.map((answer) => [answer.pk, answer]));
    for (const job of live) {
      const answer = job.ids && byKey.get(job.ids.pk);
      if (!answer || job.cancel.signal.aborted) continue;
      if (answer.problem) this.fail(job, new Refusal(400, api.problemText(answer.problem)));
      else this.succeed(job);
    }
  }

  /** Send the only part of a small file; null when that failed (the job then says why). */
  private async sendOnly(
    job: Job,
    upload: api.Upload | undefined,
  ): Promise<{ pk: string; parts: api.Receipt[] } | null> {
    try {
      if (!upload) throw new Refusal(500, "The portal did not answer for this file.");
      job.ids = idsOf(upload);
      if (job.size === 0) return { pk: upload.pk, parts: [] };
      const known = new Map([[1, upload.presigned_urls?.["1"] ?? ""]]);
      const receipt = await this.sendPart(job, job.ids, 1, known, new Map());
      return { pk: upload.pk, parts: [receipt] };
    } catch (error) {
      this.fail(job, error);
      return null;
    }
  }

  private async sendLarge(job: Job): Promise<void> {
    if (!job.file || job.cancel.signal.aborted) return;
    const signal = job.cancel.signal;
    const print = fingerprint(job.path, job.file);
    const found = await this.resume(job, print);
    if (!found) {
      this.succeed(job);
      return;
    }
    const { ids, stored } = found;
    job.ids = ids;
    this.memory.remember(print, ids);
    const receipts = await this.sendParts(job, ids, stored);
    await api.complete(ids, receipts, signal);
    this.memory.forget(print);
    this.succeed(job);
  }

  /** Find what an earlier visit had sent, or start anew; null when it was all there already. */
  private async resume(
    job: Job,
    print: string,
  ): Promise<{ ids: UploadIds; stored: api.StoredPart[] } | null> {
    const signal = job.cancel.signal;
    const known = job.ids ?? this.memory.recall(print);
    if (known) {
      try {
        const upload = await api.show(known.pk, signal);
        if (upload.status === "Completed") {
          job.ids = known;
          return null;
        }
        if (upload.status === "Initialized") {
          return { ids: known, stored: await api.listParts(known, signal) };
        }
      } catch (error) {
        if (!(error instanceof Refusal) || error.isPassing) throw error;
      }
      this.memory.forget(print);
    }
    const upload = await api.start(filenameOf(job.path), job.size, signal);
    return { ids: idsOf(upload), stored: [] };
  }

  private async sendParts(
    job: Job,
    ids: UploadIds,
    stored: api.StoredPart[],
  ): Promise<api.Receipt[]> {
    const count = partCount(job.size);
    const size = partSizeFor(job.size);
    const receipts = new Map<number, api.Receipt>();
    const progress = new Map<number, number>();
    for (const part of stored) {
      const expected = Math.min(size, job.size - (part.PartNumber - 1) * size);
      if (part.Size !== expected) continue;
      receipts.set(part.PartNumber, { ETag: part.ETag, PartNumber: part.PartNumber });
      progress.set(part.PartNumber, part.Size);
    }
    this.note(job, progress);
    const missing = range(count).filter((number) => !receipts.has(number));
    for (let at = 0; at < missing.length; at += SIGNED_AHEAD) {
      const numbers = missing.slice(at, at + SIGNED_AHEAD);
      const signed = await api.sign(ids, numbers, job.cancel.signal);
      const sent = await settled(
        numbers.map((number) => this.sendPart(job, ids, number, signed, progress)),
        job,
      );
      for (const receipt of sent) receipts.set(receipt.PartNumber, receipt);
    }
    return [...receipts.values()].sort((a, b) => a.PartNumber - b.PartNumber);
  }

  /** Send one part, asking for a new address when the old one has expired. */
  private sendPart(
    job: Job,
    ids: UploadIds,
    number: number,
    signed: Map<number, string>,
    progress: Map<number, number>,
  ): Promise<api.Receipt> {
    const signal = job.cancel.signal;
    const size = partSizeFor(job.size);
    const data = job.file?.slice((number - 1) * size, number * size) ?? new Blob();
    const noted = (sent: number): void => {
      progress.set(number, Math.min(sent, data.size));
      this.note(job, progress);
    };
    return places.use(() =>
      withRetries(async () => {
        const address = signed.get(number);
        signed.delete(number);
        const fresh = address ?? (await api.sign(ids, [number], signal)).get(number) ?? "";
        try {
          return { ETag: await put(fresh, data, noted, signal), PartNumber: number };
        } catch (error) {
          noted(0);
          const expired = error instanceof Refusal && error.status === 403;
          throw expired ? new Refusal(0, error.message) : error;
        }
      }, signal),
    );
  }

  private note(job: Job, progress: Map<number, number>): void {
    job.sent = [...progress.values()].reduce((sum, sent) => sum + sent, 0);
    this.onChange();
  }
}

/** Wait for all, so that nothing is still being sent when the first failure is reported. */
async function settled<T>(promises: Promise<T>[], job: Job): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed && !job.cancel.signal.aborted) throw failed.reason;
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function idsOf(upload: api.Upload): UploadIds {
  return { pk: upload.pk, multipartId: upload.s3_upload_id };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
