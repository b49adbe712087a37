/** The page's end of sockets in a worker, whose other end is in the test's hands. */
import { describe, expect, it } from "vitest";
import { type FromSocket, type ToSocket, socketsIn } from "../../viewer/frontend/src/core/worker-socket";

class SocketWorker {
  onmessage: ((event: { data: FromSocket }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly told: ToSocket[] = [];

  postMessage(message: ToSocket): void {
    this.told.push(message);
  }

  tell(message: FromSocket): void {
    this.onmessage?.({ data: message });
  }
}

function opened(): { worker: SocketWorker; open: ReturnType<typeof socketsIn> } {
  const worker = new SocketWorker();
  return { worker, open: socketsIn(worker as unknown as Worker) };
}

describe("a socket in a worker", () => {
  it("opens, brings messages, and says with everything it sends how much it was given", () => {
    const { worker, open } = opened();
    const socket = open("ws://a/");
    const got: number[] = [];
    socket.onmessage = ({ data }) => { got.push(data.byteLength); };
    expect(worker.told).toEqual([{ id: 1, kind: "open", url: "ws://a/" }]);
    expect(socket.readyState).toBe(0);
    worker.tell({ id: 1, kind: "open" });
    expect(socket.readyState).toBe(1);
    worker.tell({ id: 1, kind: "message", data: new ArrayBuffer(7) });
    worker.tell({ id: 1, kind: "message", data: new ArrayBuffer(5) });
    socket.send(Uint8Array.of(1));
    expect(got).toEqual([7, 5]);
    expect(worker.told[1]).toEqual({ id: 1, kind: "send", bytes: Uint8Array.of(1), seen: 12 });
  });

  it("is told its own messages alone, and how it was closed", () => {
    const { worker, open } = opened();
    const codes: [string, number][] = [];
    const [first, second] = [open("ws://a/"), open("ws://b/")];
    first.onclose = ({ code }) => { codes.push(["first", code]); };
    second.onclose = ({ code }) => { codes.push(["second", code]); };
    second.close();
    expect(worker.told[2]).toEqual({ id: 2, kind: "close" });
    worker.tell({ id: 2, kind: "close", code: 4408 });
    worker.tell({ id: 2, kind: "message", data: new ArrayBuffer(7) });
    expect(codes).toEqual([["second", 4408]]);
    expect([first.readyState, second.readyState]).toEqual([0, 3]);
  });

  it("counts as lost when the worker is", () => {
    const { worker, open } = opened();
    const codes: number[] = [];
    for (const url of ["ws://a/", "ws://b/"]) open(url).onclose = ({ code }) => { codes.push(code); };
    worker.tell({ id: 1, kind: "close", code: 1000 });
    worker.onerror?.();
    expect(codes).toEqual([1000, 1006]);
  });
});
