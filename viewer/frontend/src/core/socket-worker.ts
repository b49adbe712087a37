/** Holds the page's sockets, so that what arrives is acknowledged while the page draws. */

import { Receipts } from "./receipts";
import type { FromSocket, ToSocket } from "./worker-socket";

interface Held {
  readonly socket: WebSocket;
  readonly receipts: Receipts;
}

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToSocket>) => void;
  postMessage(message: FromSocket, transfer: Transferable[]): void;
};

const held = new Map<number, Held>();

function open(id: number, url: string): void {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  const receipts = new Receipts((bytes) => { socket.send(bytes); });
  held.set(id, { socket, receipts });
  socket.onopen = () => { scope.postMessage({ id, kind: "open" }, []); };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) return;
    receipts.note(data);
    scope.postMessage({ id, kind: "message", data }, [data]);
  };
  socket.onclose = ({ code }) => {
    receipts.close();
    held.delete(id);
    scope.postMessage({ id, kind: "close", code }, []);
  };
}

scope.onmessage = ({ data }) => {
  if (data.kind === "open") {
    open(data.id, data.url);
    return;
  }
  const found = held.get(data.id);
  if (data.kind === "close") found?.socket.close();
  else if (found?.socket.readyState === WebSocket.OPEN) found.socket.send(found.receipts.outgoing(data.bytes, data.seen));
};
