/**
 * What has arrived on a socket, seen from a worker beside the page: acknowledged at once, however busy the page
 * is, and told to the server where the page did not know of it yet when it said what it wants.
 */

import { sliceKey } from "./caches";
import { FRAGMENT, FRAGMENT_HEADER, NO_LEVEL, WANT, encodeAck, fragmentHead, raiseHave } from "./protocol";

type Timer = ReturnType<typeof setTimeout>;

/** docs/viewer-protocol.md rule 2. */
const ACK_BYTES = 32 * 1024;
const ACK_DELAY = 40;

interface Arrival {
  /** Bytes received with it. */
  readonly end: number;
  readonly layer: number;
  readonly slice: number;
  readonly levelFrom: number;
  readonly levelTo: number;
}

export class Receipts {
  private readonly post: (bytes: Uint8Array<ArrayBuffer>) => void;
  private received = 0;
  private acknowledged = 0;
  private timer: Timer | undefined;
  /** Fragments that the page may not have seen yet, oldest first. */
  private unseen: Arrival[] = [];

  constructor(post: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.post = post;
  }

  /** A message has arrived. */
  note(data: ArrayBuffer): void {
    this.received += data.byteLength;
    const view = new DataView(data);
    if (data.byteLength >= FRAGMENT_HEADER && view.getUint8(0) === FRAGMENT) {
      this.unseen.push({ end: this.received, ...fragmentHead(view) });
    }
    if (this.received - this.acknowledged >= ACK_BYTES) this.acknowledge();
    else this.timer ??= setTimeout(() => { this.acknowledge(); }, ACK_DELAY);
  }

  /**
   * Returns a message of the page as it is to be sent; `seen`: the bytes that the page had been given when it
   * wrote it. Only what is acknowledged may be asked for again (rule 6), so everything is before a WANT; what
   * came meanwhile counts as held in it.
   */
  outgoing(bytes: Uint8Array<ArrayBuffer>, seen: number): Uint8Array<ArrayBuffer> {
    this.unseen = this.unseen.filter(({ end }) => end > seen);
    if (bytes[0] !== WANT) return bytes;
    this.acknowledge();
    return this.unseen.length > 0 ? raiseHave(bytes, this.heldSince()) : bytes;
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private acknowledge(): void {
    this.close();
    if (this.received === this.acknowledged) return;
    this.acknowledged = this.received;
    this.post(encodeAck(this.received));
  }

  /** What a slice is held at with the fragments that the page has not seen, given what it has. */
  private heldSince(): (layer: number, slice: number, have: number) => number {
    const bySlice = new Map<number, Arrival[]>();
    for (const arrival of this.unseen) {
      const key = sliceKey(arrival.layer, arrival.slice);
      bySlice.set(key, [...(bySlice.get(key) ?? []), arrival]);
    }
    return (layer, slice, have) => {
      let level = have;
      for (const { levelFrom, levelTo } of bySlice.get(sliceKey(layer, slice)) ?? []) {
        if (levelFrom === NO_LEVEL || (level !== NO_LEVEL && levelFrom <= level)) {
          level = level === NO_LEVEL ? levelTo : Math.max(level, levelTo);
        }
      }
      return level;
    };
  }
}
