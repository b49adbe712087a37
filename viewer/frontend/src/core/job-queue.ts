/** What waits in a decode worker: the urgent before the rest, either oldest first. */

import type { DecodeJob } from "./decode-job";

export class JobQueue {
  private readonly urgent: DecodeJob[] = [];
  private readonly far: DecodeJob[] = [];

  add(job: DecodeJob): void {
    (job.urgent ? this.urgent : this.far).push(job);
  }

  /** A job became urgent; one that is done or under way stays as it is. */
  hurry(id: number): void {
    const at = this.far.findIndex((job) => job.id === id);
    if (at >= 0) this.urgent.push(...this.far.splice(at, 1));
  }

  next(): DecodeJob | undefined {
    return this.urgent.shift() ?? this.far.shift();
  }
}
