/** Reading the header of a DICOM file, as far as its first bytes hold it. */
import * as dicomParser from "dicom-parser";
import type { DataSet, Element } from "dicom-parser";

import { attributeOf, isPrivate, type Fate } from "./attributes";
import { valueOf } from "./values";

export const HEAD_BYTES = 256 * 1024;

const MOST_ROWS = 3000;
const DEEPEST = 16;
const DEFLATED = "1.2.840.10008.1.2.1.99";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const PIXEL_DATA = "x7fe00010";

export interface HeaderRow {
  tag: string;
  name: string;
  value: string;
  fate: Fate;
  items: HeaderRow[][];
}

export interface Header {
  rows: HeaderRow[];
  /** Attributes, nested ones included, that do not stay as they are. */
  changed: number;
  count: number;
  /** Why the list may not be complete; empty where it is. */
  note: string;
}

/** A file that is DICOM but cannot be looked into; the message says why. */
export class NoPreview extends Error {}

/** Whether the bytes begin as a DICOM file does: a preamble, or a data set without one. */
export function isDicom(bytes: Uint8Array): boolean {
  const magic = String.fromCharCode(...bytes.subarray(128, 132));
  if (magic === "DICM") return true;
  const group = (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
  return bytes.length > 16 && (group === 0x0008 || group === 0x0002) && bytes[3] === 0;
}

/** List the attributes. `size` is that of the whole file, of which `bytes` are the beginning. */
export function readHeader(bytes: Uint8Array, size: number, options: readonly string[] = []): Header {
  const { dataSet, broke } = parsed(bytes);
  const reader = new Reader(options);
  const rows = reader.rows(dataSet, 0);
  if (rows.length === 0) throw new NoPreview("The header of this file cannot be read.");
  return { rows, changed: reader.changed, count: reader.count, note: noteOf(reader, broke, bytes, size) };
}

function noteOf(reader: Reader, broke: boolean, bytes: Uint8Array, size: number): string {
  if (reader.isFull) return `Only the first ${MOST_ROWS.toLocaleString("en-US")} attributes are shown.`;
  if (!broke) return "";
  return bytes.length < size
    ? "Only what stands at the beginning of the file is shown."
    : "The header breaks off here: the file is damaged or incomplete.";
}

function parsed(bytes: Uint8Array): { dataSet: DataSet; broke: boolean } {
  const hasPreamble = String.fromCharCode(...bytes.subarray(128, 132)) === "DICM";
  if (hasPreamble) refuseUnreadable(bytes);
  const options = {
    untilTag: PIXEL_DATA,
    vrCallback: (tag: string): string => attributeOf(tag.slice(1)).vr,
    ...(hasPreamble ? {} : { TransferSyntaxUID: explicitOrNot(bytes) }),
  };
  try {
    return { dataSet: dicomParser.parseDicom(bytes, options), broke: false };
  } catch (error) {
    const { dataSet } = error as { dataSet?: DataSet }; // what was read until it broke off
    if (!dataSet?.elements) throw new NoPreview("The header of this file cannot be read.");
    return { dataSet, broke: true };
  }
}

/** Files without a preamble say nothing of their encoding: two letters after the tag are a VR. */
function explicitOrNot(bytes: Uint8Array): string {
  return /^[A-Z]{2}$/.test(String.fromCharCode(...bytes.subarray(4, 6))) ? EXPLICIT : IMPLICIT;
}

function refuseUnreadable(bytes: Uint8Array): void {
  let syntax = "";
  try {
    syntax = dicomParser.readPart10Header(groupTwo(bytes)).string("x00020010")?.trim() ?? "";
  } catch {
    throw new NoPreview("The header of this file cannot be read.");
  }
  if (syntax === DEFLATED) {
    throw new NoPreview("This file is compressed as a whole and cannot be previewed.");
  }
  if (syntax === BIG_ENDIAN) {
    throw new NoPreview("This file is stored in an old byte order and cannot be previewed.");
  }
}

/** As far as the length of the group says: what follows may be compressed. */
function groupTwo(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasLength = bytes.length >= 144 && view.getUint32(132, true) === 0x00000002;
  return hasLength ? bytes.subarray(0, 144 + view.getUint32(140, true)) : bytes;
}

class Reader {
  changed = 0;
  count = 0;
  private readonly options: readonly string[];
  private charset = "";

  constructor(options: readonly string[]) {
    this.options = options;
  }

  get isFull(): boolean {
    return this.count >= MOST_ROWS;
  }

  rows(dataSet: DataSet, depth: number): HeaderRow[] {
    this.charset = dataSet.string("x00080005") ?? this.charset;
    const rows: HeaderRow[] = [];
    for (const element of Object.values(dataSet.elements)) {
      if (this.isFull) break;
      if (element.tag !== PIXEL_DATA) rows.push(this.row(dataSet, element, depth));
    }
    return rows;
  }

  private row(dataSet: DataSet, element: Element, depth: number): HeaderRow {
    const tag = element.tag.slice(1);
    const known = attributeOf(tag, this.options);
    this.count += 1;
    if (known.fate !== "kept") this.changed += 1;
    const children = depth < DEEPEST ? (element.items ?? []) : [];
    const items = children.flatMap(({ dataSet: item }) => (item ? [this.rows(item, depth + 1)] : []));
    const vr = element.vr ?? known.vr;
    const value = element.items
      ? `${String(element.items.length)} ${element.items.length === 1 ? "item" : "items"}`
      : valueOf(dataSet, element, vr || (isPrivate(tag) ? "UN" : ""), this.charset);
    return { tag: `(${tag.slice(0, 4)},${tag.slice(4)})`, name: known.name, value, fate: known.fate, items };
  }
}
