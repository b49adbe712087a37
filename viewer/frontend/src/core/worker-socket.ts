/** The page's end of a socket that a worker holds. */

export type ToSocket =
  | { readonly id: number; readonly kind: "open"; readonly url: string }
  /** `seen`: bytes that the page had been given when it wrote the message. */
  | { readonly id: number; readonly kind: "send"; readonly bytes: Uint8Array<ArrayBuffer>; readonly seen: number }
  | { readonly id: number; readonly kind: "close" };

export type FromSocket =
  | { readonly id: number; readonly kind: "open" }
  | { readonly id: number; readonly kind: "message"; readonly data: ArrayBuffer }
  | { readonly id: number; readonly kind: "close"; readonly code: number };

/** The part of a WebSocket that a connection needs. */
export interface Socket {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

const CONNECTING = 0;
export const OPEN = 1;
const CLOSED = 3;
/** How a socket closes that nobody closed. */
export const LOST = 1006;

class WorkerSocket implements Socket {
  readyState = CONNECTING;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  private readonly id: number;
  private readonly post: (message: ToSocket) => void;
  private seen = 0;

  constructor(id: number, post: (message: ToSocket) => void) {
    this.id = id;
    this.post = post;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.post({ id: this.id, kind: "send", bytes, seen: this.seen });
  }

  close(): void {
    this.post({ id: this.id, kind: "close" });
  }

  take(message: FromSocket): void {
    if (message.kind === "open") {
      this.readyState = OPEN;
      this.onopen?.();
    } else if (message.kind === "close") {
      this.readyState = CLOSED;
      this.onclose?.({ code: message.code });
    } else {
      this.seen += message.data.byteLength;
      this.onmessage?.({ data: message.data });
    }
  }
}

/** Returns what opens sockets in a worker; all of them are lost if the worker is. */
export function socketsIn(worker: Worker): (url: string) => Socket {
  const sockets = new Map<number, WorkerSocket>();
  let next = 1;
  worker.onmessage = ({ data }: MessageEvent<FromSocket>) => {
    sockets.get(data.id)?.take(data);
    if (data.kind === "close") sockets.delete(data.id);
  };
  worker.onerror = () => {
    for (const [id, socket] of [...sockets]) {
      sockets.delete(id);
      socket.take({ id, kind: "close", code: LOST });
    }
  };
  return (url) => {
    const id = next;
    next += 1;
    const socket = new WorkerSocket(id, (message) => { worker.postMessage(message); });
    sockets.set(id, socket);
    worker.postMessage({ id, kind: "open", url } satisfies ToSocket);
    return socket;
  };
}
