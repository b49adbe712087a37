/** The site's word that annotations may be different now: a hint, never the truth. */

export interface NewsOptions {
  readonly url: string;
  readonly openSocket: (url: string) => WebSocket;
  readonly onNews: (pks: readonly string[]) => void;
  /** After a lost connection: anything may have happened meanwhile. */
  readonly onMissed: () => void;
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
/** Closes after which there is nothing to come back to. */
const FINAL = new Set([4401, 4404]);

export function listenToNews({ url, openSocket, onNews, onMissed }: NewsOptions): () => void {
  let pause = FIRST_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | null = null;
  let stopped = false;
  let before = false;
  const connect = (): void => {
    socket = openSocket(url);
    socket.onopen = () => {
      pause = FIRST_PAUSE;
      if (before) onMissed();
      before = true;
    };
    socket.onmessage = ({ data }) => {
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
