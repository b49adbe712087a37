/** What a worker sends for a page: acknowledgements in time, and wants that know of what the page has not seen. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NO_LEVEL, encodeKeepAlive, encodeWant } from "../../viewer/frontend/src/core/protocol";
import { Receipts } from "../../viewer/frontend/src/core/receipts";

const ACK = 0x04;

function fragment(slice: number, levelFrom: number, levelTo: number, { layer = 0, size = 20 } = {}): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(15 + size));
  view.setUint8(0, 0x82);
  view.setUint8(5, layer);
  view.setUint16(7, slice, true);
  view.setUint8(9, levelFrom);
  view.setUint8(10, levelTo);
  return view.buffer;
}

function wanting(...slices: [slice: number, have: number, layer?: number][]): Uint8Array<ArrayBuffer> {
  return encodeWant(7, slices.map(([slice, have, layer = 0]) => ({ layer, plane: 0, slice, have, level: 5, priority: 0 })));
}

/** `[slice, have]` of every entry. */
function haves(want: Uint8Array<ArrayBuffer>): number[][] {
  const view = new DataView(want.buffer);
  return Array.from({ length: view.getUint16(5, true) }, (_, index) => {
    const at = 7 + index * 7;
    return [view.getUint16(at + 2, true), view.getUint8(at + 4)];
  });
}

function receipts(): { receipts: Receipts; sent: number[] } {
  const sent: number[] = [];
  const made = new Receipts((bytes) => {
    expect(bytes[0]).toBe(ACK);
    sent.push(Number(new DataView(bytes.buffer).getBigUint64(1, true)));
  });
  return { receipts: made, sent };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe("acknowledging", () => {
  it("comes a little after what is small and at once after what is large", async () => {
    const { receipts: line, sent } = receipts();
    line.note(Uint8Array.of(0x83, 1, 0, 0, 0).buffer);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(40);
    expect(sent).toEqual([5]);
    line.note(new ArrayBuffer(33_000));
    expect(sent).toEqual([5, 33_005]);
  });

  it("comes before a want, and not twice", () => {
    const { receipts: line, sent } = receipts();
    line.note(fragment(3, NO_LEVEL, 5));
    line.outgoing(wanting([3, NO_LEVEL]), 0);
    line.outgoing(wanting([3, NO_LEVEL]), 0);
    expect(sent).toEqual([35]);
  });

  it("ends with the socket", async () => {
    const { receipts: line, sent } = receipts();
    line.note(fragment(3, NO_LEVEL, 5));
    line.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([]);
  });
});

describe("a want", () => {
  it("does not ask again for what came while it was written", () => {
    const { receipts: line } = receipts();
    line.note(fragment(3, NO_LEVEL, 2));
    line.note(fragment(4, NO_LEVEL, 2));
    line.note(fragment(4, 2, 5));
    const want = wanting([3, NO_LEVEL], [4, NO_LEVEL], [5, NO_LEVEL]);
    expect(haves(line.outgoing(want, 0))).toEqual([[3, 2], [4, 5], [5, NO_LEVEL]]);
    expect(haves(want)).toEqual([[3, NO_LEVEL], [4, NO_LEVEL], [5, NO_LEVEL]]);
  });

  it("is believed about what the page has seen, and threw away", () => {
    const { receipts: line } = receipts();
    line.note(fragment(3, NO_LEVEL, 2));
    line.note(fragment(4, NO_LEVEL, 2));
    expect(haves(line.outgoing(wanting([3, NO_LEVEL], [4, NO_LEVEL]), 35))).toEqual([[3, NO_LEVEL], [4, 2]]);
    expect(haves(line.outgoing(wanting([4, NO_LEVEL]), 70))).toEqual([[4, NO_LEVEL]]);
  });

  it("does not count what leaves a gap, is of another layer, or is less than is held", () => {
    const { receipts: line } = receipts();
    line.note(fragment(3, 2, 5));
    line.note(fragment(4, NO_LEVEL, 5, { layer: 1 }));
    line.note(fragment(6, NO_LEVEL, 1));
    const want = wanting([3, NO_LEVEL], [4, NO_LEVEL], [4, NO_LEVEL, 1], [6, 2]);
    expect(haves(line.outgoing(want, 0))).toEqual([[3, NO_LEVEL], [4, NO_LEVEL], [4, 5], [6, 2]]);
  });

  it("alone is looked into: other messages go as they are", () => {
    const { receipts: line, sent } = receipts();
    line.note(fragment(3, NO_LEVEL, 2));
    expect(line.outgoing(encodeKeepAlive(), 0)).toEqual(Uint8Array.of(0x05));
    expect(sent).toEqual([]);
  });
});
