/** Messages of the viewer's protocol as bytes, and in the words of the shared vectors. */

import {
  type ServerMessage,
  encodeAck,
  encodeDrop,
  encodeKeepAlive,
  encodeOpen,
  encodeWant,
} from "../../viewer/frontend/src/core/protocol";

export function bytes(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)).buffer;
}

export function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function encode(message: Record<string, unknown>): Uint8Array {
  const items = (message["items"] ?? []) as Record<string, number>[];
  switch (message["type"]) {
    case "open":
      return encodeOpen();
    case "want":
      return encodeWant(
        message["gen"] as number,
        items.map((item) => ({
          layer: item["layer"]!,
          plane: item["plane"]!,
          slice: item["slice"]!,
          have: item["level_have"]!,
          level: item["level_to"]!,
          priority: item["priority"]!,
        })),
      );
    case "drop":
      return encodeDrop(message["gen"] as number);
    case "ack":
      return encodeAck(message["received"] as number);
    default:
      return encodeKeepAlive();
  }
}

/** A decoded message in the words of the shared vectors. */
export function described(message: ServerMessage): Record<string, unknown> {
  switch (message.kind) {
    case "meta":
      return { type: "meta", info: message.meta, cuts: cutRows(message) };
    case "cuts":
      return {
        type: "cuts",
        layer: message.layer,
        first: message.first,
        cuts: rows(message.cuts, message.levels),
      };
    case "fragment":
      return {
        type: "frag",
        gen: message.generation,
        layer: message.layer,
        plane: message.plane,
        slice: message.slice,
        level_from: message.levelFrom,
        level_to: message.levelTo,
        crc32: message.crc,
        payload: hex(message.payload),
      };
    case "done":
      return { type: "done", gen: message.generation };
    case "error":
      return { type: "error", code: message.code, text: message.text };
    case "state":
      return { type: "state", ready: message.ready, text: message.text };
  }
}

function cutRows({ meta, cuts }: Extract<ServerMessage, { kind: "meta" }>): number[][][] {
  return meta.layers.map((layer, index) => rows(cuts[index]!, layer.levels));
}

function rows(table: Uint32Array, levels: number): number[][] {
  return Array.from({ length: table.length / levels }, (_, row) =>
    Array.from(table.subarray(row * levels, (row + 1) * levels)),
  );
}
