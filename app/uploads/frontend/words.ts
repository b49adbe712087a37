/** Sizes, counts and problems as people read them. */
import type { UppyOptions } from "@uppy/core";

import { pathOf, type Arrived, type Item, type UploadMeta } from "./types";

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}

export function filesText(count: number): string {
  return count === 1 ? "1 file" : `${count.toLocaleString("en-US")} files`;
}

export function speedText(bytesPerSecond: number): string {
  return `Sending ${sizeText(bytesPerSecond)} in a second`;
}

const MOST_PROBLEMS = 8;

/** A line per file that failed, the first few of them: its path and what the portal said. */
export function problemsText(items: readonly Pick<Item, "name" | "meta" | "error">[]): string[] {
  const failed = items.filter((item) => item.error);
  const lines = failed
    .slice(0, MOST_PROBLEMS)
    .map((item) => `${pathOf(item)}: ${item.error ?? ""}`);
  const more = failed.length - lines.length;
  return more > 0 ? [...lines, `and ${filesText(more)} more`] : lines;
}

/** What Uppy itself says, in the portal's words. */
export const CORE_WORDS = {
  strings: {
    youCanOnlyUploadX: { 0: "One file only. Remove the other first.", 1: "At most %{smart_count} files." },
    noDuplicates: "“%{fileName}” is in the list already.",
    failedToUpload: "“%{file}” could not be uploaded.",
    noInternetConnection: "There is no connection to the internet.",
    connectedToInternet: "The connection is back.",
    addBulkFilesFailed: {
      0: "%{smart_count} file could not be added.",
      1: "%{smart_count} files could not be added.",
    },
  },
} as unknown as NonNullable<UppyOptions<UploadMeta, Arrived>["locale"]>;
