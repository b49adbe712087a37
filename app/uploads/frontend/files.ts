/** Which files are taken, out of a folder full of everything. */

export const MOST_FILES = 20_000;

const CLUTTER = new Set([".ds_store", "thumbs.db", "desktop.ini"]);

/** Whether a file's name ends as `accept` (".tar,.tar.gz") asks; an empty list takes all. */
export function isAccepted(path: string, accept: string): boolean {
  const endings = endingsOf(accept);
  return endings.length === 0 || endings.some((ending) => path.toLowerCase().endsWith(ending));
}

/** "Files ending in .tar or .tar.gz", or nothing where all are taken. */
export function acceptedText(accept: string): string {
  const endings = endingsOf(accept);
  return endings.length === 0 ? "" : `Files ending in ${endings.join(" or ")}`;
}

/** Whether a file is more than what operating systems leave behind in folders. */
export function isWanted(path: string): boolean {
  const parts = path.toLowerCase().split("/");
  return !parts.includes("__macosx") && !CLUTTER.has(parts.at(-1) ?? "");
}

function endingsOf(accept: string): string[] {
  return accept
    .toLowerCase()
    .split(",")
    .map((ending) => ending.trim())
    .filter((ending) => ending.startsWith("."));
}
