/** The site's word that annotations may be different now: a hint, never the truth. */

export interface NewsOptions {
  readonly url: string;
  readonly openSocket: (url: string) => WebSocket;
  readonly onNews: (pks: readonly string[]) => void;
  /** From now on nothing is missed; what happened before, news will not tell. Once for each connection. */
  readonly onReady: () => void;
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
/** Closes after which there is nothing to come back to. */
const FINAL = new Set([4401, 4404]);

export function listenToNews({ url, openSocket, onNews, onReady }: NewsOptions): () => void {
  let pause = FIRST_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | null = null;
  let stopped = false;
  const connect = (): void => {
    let ready = false;
    socket = openSocket(url);
    socket.onmessage = ({ data }) => {
      pause = FIRST_PAUSE;
      // The site's first word comes when it listens for us.
      if (!ready) onReady();
      ready = true;
      const pks = pksOf(data);
      if (pks.length > 0) onNews(pks);
    };
    socket.onclose = ({ code }) => {
      if (stopped || FINAL.has(code)) return;
      timer = setTimeout(connect, pause);
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    };
  };
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    socket?.close();
  };
}

function pksOf(data: unknown): readonly string[] {
  try {
    const { annotations } = JSON.parse(String(data)) as { annotations?: unknown };
    return Array.isArray(annotations) ? annotations.filter((pk) => typeof pk === "string") : [];
  } catch {
    return [];
  }
}
