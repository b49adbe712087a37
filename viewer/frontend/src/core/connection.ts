/** The socket: notices when nothing arrives, and reconnects by itself. Acknowledging is the worker's (`receipts`). */

import type { Address, AddressAnswer, Addresses } from "./address";
import { type CloseMeaning, FLOOD_PAUSE, closeMeaning, retryPause } from "./close-codes";
import { Emitter } from "./emitter";
import {
  ProtocolError,
  type ServerMessage,
  decodeMessage,
  encodeKeepAlive,
  encodeOpen,
} from "./protocol";
import { LOST, OPEN, type Socket } from "./worker-socket";

export type ConnectionStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "retrying"; readonly attempt: number; readonly meaning: CloseMeaning }
  | { readonly kind: "closed"; readonly meaning: CloseMeaning; readonly detail: string };

interface Events {
  message: ServerMessage;
  status: ConnectionStatus;
  /** The reader or the network came back: an open socket may be dead, so ask something of it. */
  woken: null;
}

/** What the session needs of a connection. */
export interface Link extends Pick<Emitter<Events>, "on"> {
  /** How often it was described anew after a break. */
  readonly reconnects: number;
  open(): void;
  /** False when nothing can be sent now; what is wanted is stated anew after every reconnection. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Whether the server owes an answer: silence then means that the line is dead. */
  expectAnswer(expected: boolean): void;
}

type Timer = ReturnType<typeof setTimeout>;

interface Retry {
  readonly meaning: CloseMeaning;
  /** The server to be avoided; null where nothing was wrong with it. */
  readonly failed: string | null;
}

const KEEP_ALIVE_EVERY = 25_000;
/** Milliseconds of silence after which an owed answer will not come any more. */
const PATIENCE = 15_000;
/** While slices are prepared the server speaks only when something changed. */
const PATIENCE_PREPARING = 90_000;
const PATIENCE_WOKEN = 4000;
const MALFORMED = 4400;

export interface ConnectionOptions {
  readonly addresses: Addresses;
  readonly openSocket: (url: string) => Socket;
  /** Calls back when the network or the reader returns. */
  readonly onWake: (listener: () => void) => void;
  readonly random?: () => number;
}

export class Connection extends Emitter<Events> implements Link {
  reconnects = 0;
  private readonly options: ConnectionOptions;
  private address: Address;
  private socket: Socket | null = null;
  private attempt = 0;
  private described = false;
  /** The attempt that is waited for. */
  private retry: Retry | null = null;
  private retryTimer: Timer | undefined;
  private keepAliveTimer: Timer | undefined;
  private silenceTimer: Timer | undefined;
  /** Milliseconds of silence that are fine now; null where no answer is owed. */
  private patience: number | null = null;
  private detail = "";

  constructor(options: ConnectionOptions) {
    super();
    this.options = options;
    this.address = options.addresses.first;
    options.onWake(() => { this.wake(); });
  }

  open(): void {
    const socket = this.options.openSocket(this.address.url);
    this.socket = socket;
    this.detail = "";
    this.waitFor(PATIENCE);
    socket.onopen = () => {
      socket.send(encodeOpen());
      this.keepAliveTimer = setInterval(() => { this.send(encodeKeepAlive()); }, KEEP_ALIVE_EVERY);
      this.emit("status", { kind: "open" });
    };
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.receive(data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.socket?.readyState !== OPEN) return false;
    this.socket.send(bytes);
    return true;
  }

  expectAnswer(expected: boolean): void {
    this.waitFor(expected ? PATIENCE : null);
  }

  private receive(data: ArrayBuffer): void {
    if (this.patience !== null) this.waitFor(PATIENCE);
    try {
      this.deliver(decodeMessage(data));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.stop(closeMeaning(MALFORMED), error.message);
    }
  }

  private deliver(message: ServerMessage): void {
    if (message.kind === "meta") this.describe();
    if (message.kind === "state" && !message.ready) this.waitFor(PATIENCE_PREPARING);
    if (message.kind === "error") this.detail = message.text;
    this.emit("message", message);
  }

  private describe(): void {
    this.attempt = 0;
    if (this.described) this.reconnects += 1;
    this.described = true;
    this.waitFor(null);
  }

  private closed(code: number): void {
    this.release();
    const meaning = closeMeaning(code);
    switch (meaning.action) {
      case "stop":
        this.end(meaning, this.detail);
        break;
      case "wait":
        this.retryAfter(FLOOD_PAUSE, { meaning, failed: null });
        break;
      case "move":
        // At once, but a site that keeps sending us away is not to be run over.
        this.retryAfter(this.attempt === 0 ? 0 : this.pause(), { meaning, failed: null });
        break;
      case "retry":
        this.retryAfter(this.pause(), { meaning, failed: this.address.server });
    }
  }

  private pause(): number {
    return retryPause(this.attempt, (this.options.random ?? Math.random)());
  }

  private retryAfter(pause: number, retry: Retry): void {
    this.attempt += 1;
    this.retry = retry;
    this.retryTimer = setTimeout(() => { void this.reopen(retry); }, pause);
    this.emit("status", { kind: "retrying", attempt: this.attempt, meaning: retry.meaning });
  }

  /** Every further attempt begins with a question to the site: a ticket is good once. */
  private async reopen(retry: Retry): Promise<void> {
    clearTimeout(this.retryTimer);
    this.retry = null;
    const answer = await inTime(this.options.addresses.next(retry.failed));
    if (answer.kind === "ended") {
      this.end(answer.meaning, answer.detail);
    } else if (answer.kind === "away") {
      this.retryAfter(this.pause(), retry);
    } else {
      this.address = answer.address;
      this.open();
    }
  }

  /** The network or the reader is back: no reason to wait any longer, and a reason to look whether the line is alive. */
  private wake(): void {
    if (this.retry) {
      void this.reopen(this.retry);
    } else if (this.socket) {
      this.emit("woken", null);
      if (this.patience !== null) this.waitFor(Math.min(this.patience, PATIENCE_WOKEN));
    }
  }

  private waitFor(patience: number | null): void {
    clearTimeout(this.silenceTimer);
    this.patience = patience;
    if (patience !== null) this.silenceTimer = setTimeout(() => { this.giveUp(); }, patience);
  }

  /** The other end is silent: as good as closed, though nobody will ever say so. */
  private giveUp(): void {
    const { socket } = this;
    if (!socket) return;
    this.closed(LOST);
    socket.close();
  }

  private stop(meaning: CloseMeaning, detail: string): void {
    const { socket } = this;
    this.release();
    socket?.close();
    this.end(meaning, detail);
  }

  private end(meaning: CloseMeaning, detail: string): void {
    this.emit("status", { kind: "closed", meaning, detail });
  }

  private release(): void {
    this.socket = null;
    this.waitFor(null);
    clearInterval(this.keepAliveTimer);
  }
}

/** A question to a dead line is answered by nobody. */
async function inTime(answer: Promise<AddressAnswer>): Promise<AddressAnswer> {
  let timer: Timer | undefined;
  const late = new Promise<AddressAnswer>((resolve) => {
    timer = setTimeout(() => { resolve({ kind: "away" }); }, PATIENCE);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
