/** The viewer protocol, version 2: little-endian binary messages whose first byte is the type. */

import { type CutTable, type LayerMeta, type SessionMeta, storedSlices } from "./meta";

export const PROTOCOL_VERSION = 2;
export const NO_LEVEL = 0xff;
/** Stored slices; other planes are cut on the client. */
export const STORED_PLANE = 0;

/** Types of messages that a worker looks into. */
export const WANT = 0x02;
export const FRAGMENT = 0x82;
export const FRAGMENT_HEADER = 15;

const WANT_HEADER = 7;
const WANT_ENTRY = 7;
const CUTS_HEADER = 7;

export interface Want {
  readonly layer: number;
  readonly plane: number;
  readonly slice: number;
  /** Highest level held, or {@link NO_LEVEL}. */
  readonly have: number;
  readonly level: number;
  /** 0 is sent first. */
  readonly priority: number;
}

export interface MetaMessage {
  readonly kind: "meta";
  readonly meta: SessionMeta;
  readonly cuts: readonly CutTable[];
}

/** Cut points of slices that META did not know yet; row by row, from slice `first` on. */
export interface CutsMessage {
  readonly kind: "cuts";
  readonly layer: number;
  readonly levels: number;
  readonly first: number;
  readonly cuts: CutTable;
}

export interface FragmentMessage {
  readonly kind: "fragment";
  readonly generation: number;
  readonly layer: number;
  readonly plane: number;
  readonly slice: number;
  readonly levelFrom: number;
  readonly levelTo: number;
  readonly crc: number;
  readonly payload: Uint8Array;
}

export type ServerMessage =
  | MetaMessage
  | CutsMessage
  | FragmentMessage
  | { readonly kind: "done"; readonly generation: number }
  | { readonly kind: "error"; readonly code: number; readonly text: string }
  | { readonly kind: "state"; readonly ready: boolean; readonly text: string };

/** A message that breaks the protocol; the connection cannot be trusted further. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

export function encodeOpen(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0x01, PROTOCOL_VERSION);
}

export function encodeWant(generation: number, wants: readonly Want[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(WANT_HEADER + wants.length * WANT_ENTRY);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, WANT);
  view.setUint32(1, generation, true);
  view.setUint16(5, wants.length, true);
  wants.forEach((want, index) => {
    const at = WANT_HEADER + index * WANT_ENTRY;
    view.setUint8(at, want.layer);
    view.setUint8(at + 1, want.plane);
    view.setUint16(at + 2, want.slice, true);
    view.setUint8(at + 4, want.have);
    view.setUint8(at + 5, want.level);
    view.setUint8(at + 6, want.priority);
  });
  return bytes;
}

/** Returns a WANT whose entries say that more is held, where `held` knows of more than an entry does. */
export function raiseHave(
  bytes: Uint8Array<ArrayBuffer>,
  held: (layer: number, slice: number, have: number) => number,
): Uint8Array<ArrayBuffer> {
  const raised = bytes.slice();
  const view = new DataView(raised.buffer);
  for (let at = WANT_HEADER; at + WANT_ENTRY <= raised.length; at += WANT_ENTRY) {
    view.setUint8(at + 4, held(view.getUint8(at), view.getUint16(at + 2, true), view.getUint8(at + 4)));
  }
  return raised;
}

export function encodeDrop(generation: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5);
  bytes[0] = 0x03;
  new DataView(bytes.buffer).setUint32(1, generation, true);
  return bytes;
}

/** Tells the server how many payload bytes arrived on this connection, so that it may send more. */
export function encodeAck(received: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(9);
  bytes[0] = 0x04;
  new DataView(bytes.buffer).setBigUint64(1, BigInt(received), true);
  return bytes;
}

export function encodeKeepAlive(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0x05);
}

export function decodeMessage(buffer: ArrayBuffer): ServerMessage {
  if (buffer.byteLength === 0) throw new ProtocolError("An empty message arrived.");
  const view = new DataView(buffer);
  try {
    return decodeByType(view, buffer);
  } catch (error) {
    if (error instanceof RangeError) throw new ProtocolError("A message ended too early.");
    throw error;
  }
}

function decodeByType(view: DataView, buffer: ArrayBuffer): ServerMessage {
  const type = view.getUint8(0);
  switch (type) {
    case 0x81:
      return decodeMeta(view, buffer);
    case FRAGMENT:
      return decodeFragment(view, buffer);
    case 0x83:
      return { kind: "done", generation: view.getUint32(1, true) };
    case 0x84:
      return { kind: "error", code: view.getUint16(1, true), text: textFrom(buffer, 3) };
    case 0x86:
      return decodeCuts(view, buffer);
    case 0x85:
      return { kind: "state", ready: flag(view.getUint8(1)), text: textFrom(buffer, 2) };
    default:
      throw new ProtocolError(`A message of unknown type ${type} arrived.`);
  }
}

function decodeFragment(view: DataView, buffer: ArrayBuffer): FragmentMessage {
  return {
    kind: "fragment",
    generation: view.getUint32(1, true),
    plane: view.getUint8(6),
    ...fragmentHead(view),
    crc: view.getUint32(11, true),
    payload: new Uint8Array(buffer, FRAGMENT_HEADER),
  };
}

/** Which part of which slice a FRAG carries. */
export function fragmentHead(view: DataView): Pick<FragmentMessage, "layer" | "slice" | "levelFrom" | "levelTo"> {
  return {
    layer: view.getUint8(5),
    slice: view.getUint16(7, true),
    levelFrom: view.getUint8(9),
    levelTo: view.getUint8(10),
  };
}

function decodeCuts(view: DataView, buffer: ArrayBuffer): CutsMessage {
  const levels = view.getUint8(2);
  const count = view.getUint16(5, true) * levels;
  if (count === 0 || buffer.byteLength !== CUTS_HEADER + count * 4) {
    throw new ProtocolError("Cut points have a wrong length.");
  }
  return {
    kind: "cuts",
    layer: view.getUint8(1),
    levels,
    first: view.getUint16(3, true),
    cuts: readCuts(view, CUTS_HEADER, count),
  };
}

function decodeMeta(view: DataView, buffer: ArrayBuffer): MetaMessage {
  const length = view.getUint32(1, true);
  const meta = parseMeta(utf8(new Uint8Array(buffer, 5, length)));
  let at = 5 + length;
  const cuts = meta.layers.map((layer) => {
    const count = storedSlices(layer) * layer.levels;
    const table = readCuts(view, at, count);
    at += count * 4;
    return table;
  });
  if (at !== buffer.byteLength) throw new ProtocolError("The slice index has a wrong length.");
  return { kind: "meta", meta, cuts };
}

function parseMeta(text: string): SessionMeta {
  let meta: SessionMeta | null;
  try {
    meta = JSON.parse(text) as SessionMeta | null;
  } catch {
    throw new ProtocolError("The description of the images cannot be read.");
  }
  if (meta === null) throw new ProtocolError("The description of the images is empty.");
  if (meta.version !== PROTOCOL_VERSION) {
    throw new ProtocolError(`The server speaks version ${meta.version}; reload this page.`);
  }
  if (!Array.isArray(meta.layers) || !meta.layers.every(isLayer)) {
    throw new ProtocolError("The description of the images is incomplete.");
  }
  return meta;
}

function isLayer(layer: Partial<LayerMeta> | null): boolean {
  const positive = (values: unknown): boolean =>
    Array.isArray(values) && values.length === 3 && values.every((value) => value > 0);
  return (
    layer !== null &&
    positive(layer.size) &&
    positive(layer.spacing) &&
    layer.direction?.length === 9 &&
    (layer.levels ?? 0) > 0
  );
}

function readCuts(view: DataView, at: number, count: number): CutTable {
  const table = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) table[i] = view.getUint32(at + 4 * i, true);
  return table;
}

function flag(value: number): boolean {
  if (value > 1) throw new ProtocolError("A state is neither yes nor no.");
  return value === 1;
}

function textFrom(buffer: ArrayBuffer, at: number): string {
  return utf8(new Uint8Array(buffer, at));
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolError("A text is not UTF-8.");
  }
}
