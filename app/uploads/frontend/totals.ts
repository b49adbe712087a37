/** The sums over all files of a control. */
import type { Item } from "./types";

export interface Totals {
  files: number;
  started: number;
  done: number;
  failed: number;
  bytes: number;
  sent: number;
}

export function totalsOf(items: Iterable<Pick<Item, "size" | "progress" | "error">>): Totals {
  const totals = { files: 0, started: 0, done: 0, failed: 0, bytes: 0, sent: 0 };
  for (const { size, progress, error } of items) {
    const bytes = size ?? 0;
    totals.files += 1;
    totals.bytes += bytes;
    if (progress.uploadStarted) totals.started += 1;
    if (error) totals.failed += 1;
    else if (progress.uploadComplete) totals.done += 1;
    totals.sent += progress.uploadComplete ? bytes : Math.min(Number(progress.bytesUploaded) || 0, bytes);
  }
  return totals;
}
