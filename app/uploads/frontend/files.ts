/** Which files are taken, out of a folder full of everything. */

export const MOST_FILES = 20_000;

const ARCHIVE = /\.(tar\.)?(zip|gz|tgz|tar|bz2|xz|zst|7z|rar)$/;
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

/** Why files were not taken, and what to do: told of the first, and of how many others. */
export function refusedText(paths: readonly string[], accept: string): string {
  const [first = "", ...others] = paths;
  const wanted = endingsOf(accept).join(" or ");
  const name = first.split("/").at(-1) ?? first;
  const more = others.length > 0 ? ` (and ${String(others.length)} more)` : "";
  const archive = ARCHIVE.exec(name.toLowerCase());
  return archive
    ? `“${name}”${more} was not taken: it is an archive (${archive[0]}), and a file ending in ` +
      `${wanted} is wanted. Unpack it and choose the file in it.`
    : `“${name}”${more} was not taken: its name does not end in ${wanted}. ` +
      "Choose another file, or save it in that form.";
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
