/** Values of attributes as text that is safe and short enough to show. */
import type { DataSet, Element } from "dicom-parser";

const LONGEST = 200;
const MOST_NUMBERS = 16;
const TEXT = new Set(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]);

/** Defined terms of SpecificCharacterSet and what browsers call them (PS3.3 C.12.1.1.2). */
const CHARSETS: Record<string, string> = {
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 148": "iso-8859-9",
  "ISO_IR 166": "windows-874",
  "ISO_IR 13": "shift_jis",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr",
  "ISO 2022 IR 58": "gb18030",
};

interface Numbers {
  bytes: number;
  read: (view: DataView, at: number) => number;
}

const NUMBERS: Record<string, Numbers> = {
  US: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  SS: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  UL: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  SL: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  FL: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  FD: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

export function valueOf(dataSet: DataSet, element: Element, vr: string, charset: string): string {
  const bytes = dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  if (bytes.length === 0) return "";
  if (TEXT.has(vr)) return shortened(decoded(bytes, charset));
  const numbers = NUMBERS[vr];
  if (numbers) return numbersOf(bytes, numbers);
  if (vr === "AT") return shortened(tagsOf(bytes));
  const text = vr === "" || vr === "UN" ? printable(bytes) : "";
  return text || `${bytes.length.toLocaleString("en-US")} bytes`;
}

/** Cut what is long, and show no character that would change how the rest is shown. */
export function shortened(text: string): string {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, " ").trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

function decoded(bytes: Uint8Array, charset: string): string {
  const terms = charset.split("\\").map((term) => term.trim());
  const name = terms.map((term) => CHARSETS[term]).find(Boolean) ?? "windows-1252";
  return new TextDecoder(name).decode(bytes.subarray(0, 4 * LONGEST));
}

function numbersOf(bytes: Uint8Array, { bytes: size, read }: Numbers): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = Math.floor(bytes.length / size);
  const shown = Array.from({ length: Math.min(count, MOST_NUMBERS) }, (_, at) => String(read(view, at * size)));
  return shown.join("\\") + (count > MOST_NUMBERS ? "…" : "");
}

function tagsOf(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hex = (at: number): string => view.getUint16(at, true).toString(16).padStart(4, "0");
  const count = Math.min(MOST_NUMBERS, Math.floor(bytes.length / 4));
  return Array.from({ length: count }, (_, at) => `(${hex(4 * at)},${hex(4 * at + 2)})`).join("\\");
}

/** Bytes of unknown kind that read as text are text. */
function printable(bytes: Uint8Array): string {
  const some = bytes.subarray(0, LONGEST);
  const isText = some.every((byte, at) => (byte >= 32 && byte < 127) || (byte === 0 && at === some.length - 1));
  return isText ? shortened(new TextDecoder("windows-1252").decode(some)) : "";
}
