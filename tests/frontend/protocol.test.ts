import { describe, expect, it } from "vitest";
import { crc32 } from "../../viewer/frontend/src/core/crc32";
import { ProtocolError, decodeMessage } from "../../viewer/frontend/src/core/protocol";
import vectors from "../viewer/vectors.json";
import { bytes, described, encode, hex } from "./messages";

interface Vector {
  side: string;
  name: string;
  hex: string;
  message: Record<string, unknown>;
}

const messages = vectors.messages as unknown as Vector[];

describe("the vectors shared with the server", () => {
  it.each(messages.filter(({ side }) => side === "client"))("writes $name", ({ hex: wanted, message }) => {
    expect(hex(encode(message))).toBe(wanted);
  });

  it.each(messages.filter(({ side }) => side === "server"))("reads $name", ({ hex: data, message }) => {
    expect(described(decodeMessage(bytes(data)))).toEqual(message);
  });

  it.each(messages.filter(({ name }) => name.startsWith("frag")))("agrees on the checksum of $name", ({ hex: data }) => {
    const message = decodeMessage(bytes(data));
    if (message.kind !== "fragment") throw new Error("not a fragment");
    expect(crc32(message.payload)).toBe(message.crc);
  });

  const broken = vectors.malformed.filter(({ side, name }) => side === "server" && name !== "frag_wrong_checksum");
  it.each(broken)("refuses $name", ({ hex: data }) => {
    expect(() => decodeMessage(bytes(data))).toThrow(ProtocolError);
  });
});
