/** The state machine of the socket, by a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AddressAnswer, type Addresses, SiteAddresses } from "../../viewer/frontend/src/core/address";
import { closeMeaning } from "../../viewer/frontend/src/core/close-codes";
import { Connection, type ConnectionStatus } from "../../viewer/frontend/src/core/connection";
import type { Socket } from "../../viewer/frontend/src/core/worker-socket";

/** The end of a line that the test holds in its hands. */
class Line implements Socket {
  readyState = 0;
  readonly sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  tell(...bytes: number[]): void {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  describe(): void {
    const json = new TextEncoder().encode('{"version":2,"title":"","layers":[]}');
    this.tell(0x81, json.length, 0, 0, 0, ...json);
  }

  break(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  get types(): number[] {
    return this.sent.map((bytes) => bytes[0]!);
  }
}

class Site implements Addresses {
  readonly first = { url: "ws://a/", server: "a" };
  readonly asked: (string | null)[] = [];
  answer: AddressAnswer = { kind: "found", address: { url: "ws://b/", server: "b" } };

  next(failed: string | null): Promise<AddressAnswer> {
    this.asked.push(failed);
    return Promise.resolve(this.answer);
  }
}

function opened(): { lines: Line[]; site: Site; statuses: ConnectionStatus[]; connection: Connection; wake: () => void } {
  const lines: Line[] = [];
  const site = new Site();
  let wake = (): void => undefined;
  const connection = new Connection({
    addresses: site,
    openSocket: (url) => {
      const line = new Line(url);
      lines.push(line);
      return line;
    },
    onWake: (listener) => { wake = listener; },
    random: () => 1,
  });
  const statuses: ConnectionStatus[] = [];
  connection.on("status", (status) => statuses.push(status));
  connection.open();
  return { lines, site, statuses, connection, wake: () => { wake(); } };
}

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const later = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

describe("a connection", () => {
  it("says OPEN first and keeps itself alive", async () => {
    const { lines } = opened();
    lines[0]!.open();
    lines[0]!.describe();
    await later(60_000);
    expect(lines[0]!.types.filter((type) => type === 0x01)).toHaveLength(1);
    expect(lines[0]!.types[0]).toBe(0x01);
    expect(lines[0]!.types.filter((type) => type === 0x05)).toHaveLength(2);
    expect(lines).toHaveLength(1);
  });
});

describe("a line that breaks", () => {
  it("is replaced almost at once by the address that the site tells", async () => {
    const { lines, site, statuses, connection } = opened();
    lines[0]!.open();
    lines[0]!.describe();
    lines[0]!.break(1006);
    await later(300);
    expect(site.asked).toEqual(["a"]);
    expect(lines.map((line) => line.url)).toEqual(["ws://a/", "ws://b/"]);
    lines[1]!.open();
    lines[1]!.describe();
    expect(lines[1]!.types).toEqual([0x01]);
    expect(statuses.map(({ kind }) => kind)).toEqual(["open", "retrying", "open"]);
    expect(connection.reconnects).toBe(1);
  });

  it("that keeps breaking is tried ever less often, and from the start again once it was described", async () => {
    const { lines } = opened();
    for (const pause of [300, 1000, 2000, 4000]) {
      const before = lines.length;
      lines[before - 1]!.break(1006);
      await later(pause - 1);
      expect(lines).toHaveLength(before);
      await later(1);
      expect(lines).toHaveLength(before + 1);
    }
    lines[lines.length - 1]!.open();
    lines[lines.length - 1]!.describe();
    lines[lines.length - 1]!.break(1012);
    const before = lines.length;
    await later(300);
    expect(lines).toHaveLength(before + 1);
  });

  it("is tried at once when the network or the reader is back, and once only", async () => {
    const { lines, wake } = opened();
    lines[0]!.break(1006);
    await later(300);
    lines[1]!.break(1006);
    wake();
    wake();
    await later(0);
    expect(lines).toHaveLength(3);
    await later(5000);
    expect(lines).toHaveLength(3);
  });

  it("waits when the site itself is away, and ends when it has nothing to connect to", async () => {
    const { lines, site, statuses } = opened();
    site.answer = { kind: "away" };
    lines[0]!.break(1006);
    await later(300 + 1000);
    expect(site.asked).toEqual(["a", "a"]);
    site.answer = { kind: "ended", meaning: closeMeaning(4408), detail: "Access was withdrawn." };
    await later(2000);
    expect(statuses[statuses.length - 1]).toMatchObject({ kind: "closed", detail: "Access was withdrawn." });
    await later(120_000);
    expect(lines).toHaveLength(1);
  });

  it("with a spent address asks for another without blaming the server", async () => {
    const { lines, site } = opened();
    lines[0]!.open();
    lines[0]!.break(4410);
    await later(0);
    expect(site.asked).toEqual([null]);
    expect(lines).toHaveLength(2);
    lines[1]!.break(4410);
    await later(500);
    expect(lines).toHaveLength(2);
    await later(500);
    expect(lines).toHaveLength(3);
  });

  it("after flooding rests for five seconds", async () => {
    const { lines } = opened();
    lines[0]!.break(4429);
    await later(4999);
    expect(lines).toHaveLength(1);
    await later(1);
    expect(lines).toHaveLength(2);
  });

  it.each([4400, 4401, 4404, 4408, 4503])("by %i ends with words and is not tried again", async (code) => {
    const { lines, statuses, wake } = opened();
    lines[0]!.open();
    lines[0]!.tell(0x84, 8, 0, ...new TextEncoder().encode("Because."));
    lines[0]!.break(code);
    expect(statuses[1]).toMatchObject({ kind: "closed", detail: "Because.", meaning: { action: "stop" } });
    wake();
    await later(120_000);
    expect(lines).toHaveLength(1);
  });
});

describe("a silent line", () => {
  it("is given up when it does not even open", async () => {
    const { lines, site } = opened();
    await later(15_000 + 300);
    expect(lines).toHaveLength(2);
    expect(lines[0]!.readyState).toBe(3);
    expect(site.asked).toEqual(["a"]);
  });

  it("is fine while nothing is owed, and dead while an answer is", async () => {
    const { lines, connection } = opened();
    lines[0]!.open();
    lines[0]!.describe();
    await later(300_000);
    expect(lines).toHaveLength(1);
    connection.expectAnswer(true);
    await later(14_000);
    lines[0]!.tell(0x83, 1, 0, 0, 0);
    await later(14_000);
    expect(lines).toHaveLength(1);
    await later(1000 + 300);
    expect(lines).toHaveLength(2);
  });

  it("has more time while slices are prepared", async () => {
    const { lines } = opened();
    lines[0]!.open();
    lines[0]!.tell(0x85, 0);
    await later(89_000);
    expect(lines).toHaveLength(1);
    await later(2000);
    expect(lines).toHaveLength(2);
  });

  it("is asked when the reader returns, and given up soon", async () => {
    const { lines, connection, wake } = opened();
    lines[0]!.open();
    lines[0]!.describe();
    connection.on("woken", () => { connection.expectAnswer(true); });
    wake();
    await later(4000 + 300);
    expect(lines).toHaveLength(2);
  });

  it("that speaks after all is not heard any more", async () => {
    const { lines, connection } = opened();
    lines[0]!.open();
    lines[0]!.describe();
    connection.expectAnswer(true);
    await later(15_000 + 300);
    lines[0]!.break(4404);
    await later(0);
    expect(lines).toHaveLength(2);
    lines[1]!.open();
    expect(lines[1]!.types).toEqual([0x01]);
  });

  it("does not hold up an attempt when even the question for an address is not answered", async () => {
    const { lines, site } = opened();
    site.next = () => new Promise(() => undefined);
    lines[0]!.break(1006);
    await later(300 + 15_000);
    site.next = () => Promise.resolve(site.answer);
    await later(1000);
    expect(lines).toHaveLength(2);
  });
});

it("ends when the server speaks another protocol", () => {
  const { lines, statuses } = opened();
  lines[0]!.open();
  lines[0]!.tell(0x99);
  expect(statuses[1]).toMatchObject({ kind: "closed", meaning: { title: "Please reload this page" } });
  expect(lines[0]!.readyState).toBe(3);
});

describe("the site's answer to where the socket is", () => {
  const page = "https://site.example/view/1/";

  function site(status: number, body: unknown, data = {}): { addresses: SiteAddresses; asked: RequestInit[] } {
    const asked: RequestInit[] = [];
    const fetch = (_url: string, init: RequestInit): Promise<Response> => {
      asked.push(init);
      return Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
    };
    const all = { socketUrl: "/ws/viewer/1/", server: "", addressUrl: "/api/address/", ...data };
    return { addresses: new SiteAddresses(all, { page, csrfToken: "token", fetch }), asked };
  }

  it("is not needed for the first attempt", () => {
    expect(site(200, {}).addresses.first).toEqual({ url: "wss://site.example/ws/viewer/1/", server: "" });
    const far = site(200, {}, { socketUrl: "wss://far.example/ws/viewer/1/?ticket=x", server: "far" });
    expect(far.addresses.first).toEqual({ url: "wss://far.example/ws/viewer/1/?ticket=x", server: "far" });
  });

  it("is another address, asked for with the page's token and the server that failed", async () => {
    const { addresses, asked } = site(200, { socket_url: "/ws/viewer/1/", server: "", status: "Running" });
    expect(await addresses.next("far")).toEqual({
      kind: "found",
      address: { url: "wss://site.example/ws/viewer/1/", server: "" },
    });
    await addresses.next(null);
    expect(asked.map(({ body }) => body)).toEqual(['{"failed":"far"}', "{}"]);
    expect(asked[0]).toMatchObject({ method: "POST", headers: { "X-CSRFToken": "token" } });
  });

  it.each([
    [401, 4401],
    [403, 4401],
    [404, 4404],
    [409, 4408],
  ])("ends by %i as by a close with %i", async (status, code) => {
    expect(await site(status, { detail: "The lease is over." }).addresses.next(null)).toEqual({
      kind: "ended",
      meaning: closeMeaning(code),
      detail: code === 4408 ? "The lease is over." : "",
    });
  });

  it("is no answer when it is anything else", async () => {
    for (const answer of [site(502, "<html>"), site(200, "<html>"), site(200, { socket_url: 5 }), site(429, {})]) {
      expect(await answer.addresses.next("")).toEqual({ kind: "away" });
    }
    const broken = new SiteAddresses(
      { socketUrl: "/ws/", addressUrl: "/api/" },
      { page, csrfToken: "", fetch: () => Promise.reject(new TypeError("Failed to fetch")) },
    );
    expect(await broken.next(null)).toEqual({ kind: "away" });
  });

  it("is always the same on a page that tells of no such question", async () => {
    const { addresses, asked } = site(200, {}, { addressUrl: "" });
    expect(await addresses.next("")).toEqual({ kind: "found", address: addresses.first });
    expect(asked).toEqual([]);
  });
});
