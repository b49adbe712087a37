/** The browser's codec beside the server's, over messages that tests/viewer/samples.py made. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProtocolError, decodeMessage } from "../../viewer/frontend/src/core/protocol";
import { bytes, described, encode, hex } from "./messages";

interface Sample {
  side: string;
  hex: string;
  message: Record<string, unknown>;
}

interface Samples {
  sound: Sample[];
  /** Messages of the server with changes, most of which are not messages any more. */
  changed: string[];
}

const path = process.env["HOUNSFIELD_CODEC_SAMPLES"] ?? new URL("../viewer/samples.json", import.meta.url);
const samples = JSON.parse(readFileSync(path, "utf-8")) as Samples;

describe("the two codecs", () => {
  it("write the same bytes", () => {
    const ours = samples.sound.filter(({ side }) => side === "client");
    expect(ours.length).toBeGreaterThan(20);
    for (const { hex: wanted, message } of ours) expect(hex(encode(message))).toBe(wanted);
  });

  it("read the same messages", () => {
    const theirs = samples.sound.filter(({ side }) => side === "server");
    expect(theirs.length).toBeGreaterThan(20);
    for (const { hex: data, message } of theirs) expect(described(decodeMessage(bytes(data)))).toEqual(message);
  });

  it("refuse what is no message with an error of the protocol", () => {
    let refused = 0;
    for (const data of samples.changed) {
      try {
        decodeMessage(bytes(data));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(samples.changed.length / 4);
  });
});
