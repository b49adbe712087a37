/** Sending bytes to a signed address, with progress; at most four at a time for the whole page. */
import { Refusal } from "./retry";

export const IN_PARALLEL = 4;
const UNREADABLE = 400; // as good as refused: sending it again does not help

/** Hands out a fixed number of places, first come, first served. */
export class Places {
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  /** Run `action` when its turn comes, unless it was cancelled meanwhile. */
  async use<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      signal?.throwIfAborted();
      return await action();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

export const places = new Places(IN_PARALLEL);

/** PUT `data` to `address`; answers the ETag. `fetch` cannot report progress of sending. */
export function put(
  address: string,
  data: Blob,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => {
      request.abort();
    };
    const finish = (error: Error | null, etag = ""): void => {
      signal.removeEventListener("abort", stop);
      if (error) reject(error);
      else resolve(etag);
    };
    request.open("PUT", address);
    request.upload.onprogress = (event) => {
      onProgress(event.loaded);
    };
    request.onload = () => {
      const etag = request.getResponseHeader("ETag");
      if (request.status === 200 && etag) finish(null, etag);
      else finish(new Refusal(request.status, `A part was refused (${String(request.status)}).`));
    };
    request.onerror = () => {
      void failureOf(data).then(finish);
    };
    request.onabort = () => {
      finish(new DOMException("Cancelled", "AbortError"));
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) finish(new DOMException("Cancelled", "AbortError"));
    else request.send(data);
  });
}

/** Browsers say the same of a broken connection and of a file that was moved or changed. */
async function failureOf(data: Blob): Promise<Error> {
  try {
    await data.slice(0, 1).arrayBuffer();
  } catch {
    return new Refusal(UNREADABLE, "This file cannot be read. Was it moved or changed?");
  }
  return new Refusal(0, "The connection broke off. Check your network.");
}
