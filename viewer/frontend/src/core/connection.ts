/** The WebSocket: acknowledges what arrives, stays alive, and reconnects by itself. */

import { type CloseMeaning, FLOOD_PAUSE, closeMeaning, retryPause } from "./close-codes";
import { Emitter } from "./emitter";
import {
  ProtocolError,
  type ServerMessage,
  decodeMessage,
  encodeAck,
  encodeKeepAlive,
  encodeOpen,
} from "./protocol";

export type ConnectionStatus =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "retrying"; readonly attempt: number; readonly meaning: CloseMeaning }
  | { readonly kind: "closed"; readonly meaning: CloseMeaning; readonly detail: string };

interface Events {
  message: ServerMessage;
  status: ConnectionStatus;
}

/** What the session needs of a connection. */
export interface Link extends Pick<Emitter<Events>, "on"> {
  open(): void;
  /** False when nothing can be sent now; what is wanted is stated anew after every reconnection. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  acknowledge(): void;
}

/** docs/viewer-protocol.md rule 2. */
const ACK_BYTES = 32 * 1024;
const ACK_DELAY = 40;
const KEEP_ALIVE_EVERY = 25_000;
const MALFORMED = 4400;

export class Connection extends Emitter<Events> implements Link {
  private readonly url: string;
  private socket: WebSocket | null = null;
  private attempt = 0;
  private received = 0;
  private acknowledged = 0;
  private ackTimer: number | undefined;
  private retryTimer: number | undefined;
  private keepAliveTimer: number | undefined;
  private detail = "";

  constructor(url: string) {
    super();
    this.url = url;
    window.addEventListener("online", () => {
      this.retryNow();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
  }

  /** Bytes received since the socket opened. */
  get bytesReceived(): number {
    return this.received;
  }

  open(): void {
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.received = 0;
    this.acknowledged = 0;
    this.detail = "";
    socket.onopen = () => {
      socket.send(encodeOpen());
      this.keepAliveTimer = window.setInterval(() => {
        this.send(encodeKeepAlive());
      }, KEEP_ALIVE_EVERY);
      this.emit("status", { kind: "open" });
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  /** Sends if connected; what the reader wants is stated anew after every reconnection. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(bytes);
    return true;
  }

  /** Acknowledges everything received so far, so that the server believes the next `level_have`. */
  acknowledge(): void {
    window.clearTimeout(this.ackTimer);
    this.ackTimer = undefined;
    if (this.received === this.acknowledged) return;
    if (this.send(encodeAck(this.received))) this.acknowledged = this.received;
  }

  private receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) return;
    this.received += data.byteLength;
    if (this.received - this.acknowledged >= ACK_BYTES) this.acknowledge();
    else this.ackTimer ??= window.setTimeout(() => { this.acknowledge(); }, ACK_DELAY);
    try {
      this.deliver(decodeMessage(data));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.detail = error.message;
      this.stop(MALFORMED);
    }
  }

  private deliver(message: ServerMessage): void {
    if (message.kind === "meta") this.attempt = 0;
    if (message.kind === "error") this.detail = message.text;
    this.emit("message", message);
  }

  private closed(code: number): void {
    this.release();
    const meaning = closeMeaning(code);
    if (meaning.action === "stop") {
      this.emit("status", { kind: "closed", meaning, detail: this.detail });
      return;
    }
    const pause = meaning.action === "wait" ? FLOOD_PAUSE : retryPause(this.attempt, Math.random());
    this.attempt += 1;
    this.retryTimer = window.setTimeout(() => { this.reopen(); }, pause);
    this.emit("status", { kind: "retrying", attempt: this.attempt, meaning });
  }

  private stop(code: number): void {
    const socket = this.socket;
    this.release();
    socket?.close();
    this.emit("status", { kind: "closed", meaning: closeMeaning(code), detail: this.detail });
  }

  private release(): void {
    this.socket = null;
    window.clearInterval(this.keepAliveTimer);
    window.clearTimeout(this.ackTimer);
    this.ackTimer = undefined;
  }

  private retryNow(): void {
    if (this.retryTimer !== undefined) this.reopen();
  }

  private reopen(): void {
    window.clearTimeout(this.retryTimer);
    this.retryTimer = undefined;
    this.open();
  }
}
