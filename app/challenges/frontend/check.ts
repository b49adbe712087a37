/** What the browser itself can say of a file with predictions, before any of it is sent. */

/** What a phase takes. */
export interface Wanted {
  form: "JSON" | "CSV";
  mostBytes: number;
}

export interface Given {
  name: string;
  size: number;
  text: () => Promise<string>;
}

const MIB = 2 ** 20;
const ARCHIVE = /\.(zip|gz|tgz|tar|bz2|xz|zst|7z|rar)$/;

/** The fault that is seen at once, in a sentence; empty if there is none. */
export async function faultAtOnce(file: Given, wanted: Wanted): Promise<string> {
  const ending = `.${wanted.form.toLowerCase()}`;
  const archive = ARCHIVE.exec(file.name.toLowerCase());
  if (archive) {
    return (
      `Archives (${archive[0]}) are not taken: the file itself is checked before it counts. ` +
      `Unpack it and hand in the ${ending} file.`
    );
  }
  if (!file.name.toLowerCase().endsWith(ending)) {
    return `The name of the file does not end with ${ending}.`;
  }
  if (file.size > wanted.mostBytes) {
    const size = (file.size / MIB).toFixed(1);
    return `The file has ${size} MiB; at most ${String(wanted.mostBytes / MIB)} are taken.`;
  }
  const text = await file.text();
  if (text.trim() === "") return "The file is empty.";
  return wanted.form === "JSON" ? faultOfJson(text) : "";
}

function faultOfJson(text: string): string {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}.`;
  }
}

/** One thing that the portal does not take in a file. */
export interface Fault {
  path: string;
  message: string;
}

/** A fault as one line. */
export function inWords({ path, message }: Fault): string {
  return path ? `${path}: ${message}` : message;
}
