/** The panel of questions: time, answers on their way, steps of numbers, decisions about findings. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { tell } from "../../viewer/frontend/src/core/reading-messages";
import { Arrivals } from "../../reader_studies/frontend/arrivals";
import { Clock, IDLE } from "../../reader_studies/frontend/clock";
import { stepped } from "../../reader_studies/frontend/controls";
import { decided, decisionsIn, objectsOf, withObjects } from "../../reader_studies/frontend/drawings";
import { Outbox, type OutboxOptions, type Sending, inherited, keptUnder, nameOfWindow } from "../../reader_studies/frontend/outbox";
import { type GivenAnswer, type Message, Refused, type Reply, post } from "../../reader_studies/frontend/wire";

function answer(value: unknown, version = 0): GivenAnswer {
  return { value, version, confirmed: false, duration: 1 };
}

class MemoryShelf implements Storage {
  private readonly items = new Map<string, string>();
  get length(): number { return this.items.size; }
  clear(): void { this.items.clear(); }
  key(place: number): string | null { return [...this.items.keys()][place] ?? null; }
  getItem(key: string): string | null { return this.items.get(key) ?? null; }
  setItem(key: string, value: string): void { this.items.set(key, value); }
  removeItem(key: string): void { this.items.delete(key); }
}

const DONE: Reply = { versions: {}, errors: {}, conflicts: {}, message: "" };

function storedAll(message: Message): Reply {
  return { ...DONE, versions: Object.fromEntries(Object.entries(message.answers).map(([key, { version }]) => [key, version + 1])) };
}

class Desk {
  readonly shelf = new MemoryShelf();
  readonly sent: Message[] = [];
  /** Of each that was sent: whether the page was going. */
  readonly parted: boolean[] = [];
  readonly states: Sending[] = [];
  readonly replies: Reply[] = [];
  spent = 0;
  reply: (message: Message) => Promise<Reply> = (message) => Promise.resolve(storedAll(message));
  private waiting: { readonly act: () => void; readonly delay: number }[] = [];
  readonly outbox: Outbox;

  constructor() {
    const options: OutboxOptions = {
      shelf: this.shelf,
      key: "kept:me",
      writer: "me",
      send: (message, isLeaving) => {
        this.sent.push(message);
        this.parted.push(isLeaving);
        return this.reply(message);
      },
      spent: () => this.spent,
      schedule: (act, delay) => {
        const entry = { act, delay };
        this.waiting.push(entry);
        return () => { this.waiting = this.waiting.filter((each) => each !== entry); };
      },
      onReply: (reply) => { this.replies.push(reply); },
      onState: (state) => { this.states.push(state); },
    };
    this.outbox = new Outbox(options);
  }

  get delays(): number[] { return this.waiting.map(({ delay }) => delay); }

  async pass(): Promise<void> {
    const due = this.waiting;
    this.waiting = [];
    due.forEach(({ act }) => { act(); });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

describe("the clock", () => {
  function clock(): { clock: Clock; at: (ms: number) => void } {
    let now = 0;
    return { clock: new Clock(() => now, true), at: (ms) => { now = ms; } };
  }

  it("counts while somebody is there", () => {
    const { clock: it, at } = clock();
    at(5000);
    it.touch();
    at(8000);
    expect(it.total).toBe(8000);
  });

  it("stops a minute after the last sign of life", () => {
    const { clock: it, at } = clock();
    at(10 * IDLE);
    expect(it.total).toBe(IDLE);
    it.touch();
    at(10 * IDLE + 500);
    expect(it.total).toBe(IDLE + 500);
  });

  it("does not count while the page is hidden", () => {
    const { clock: it, at } = clock();
    at(1000);
    it.hide();
    at(9000);
    it.touch();
    it.show();
    at(9500);
    expect(it.total).toBe(1500);
  });
});

describe("answers on their way", () => {
  it("are kept until the site has them", async () => {
    const desk = new Desk();
    desk.outbox.put("a", answer("yes"));
    expect(keptUnder(desk.shelf, "kept:me")).toEqual({ a: answer("yes") });
    await desk.pass();
    expect(desk.sent[0]?.answers).toEqual({ a: answer("yes") });
    expect(desk.shelf.length).toBe(0);
    expect(desk.outbox.size).toBe(0);
  });

  it("go as one, the last word of each question", async () => {
    const desk = new Desk();
    desk.outbox.put("a", answer("y"));
    desk.outbox.put("b", answer(1));
    desk.outbox.put("a", answer("yes"));
    await desk.pass();
    expect(desk.sent).toHaveLength(1);
    expect(desk.sent[0]?.answers).toEqual({ a: answer("yes"), b: answer(1) });
  });

  it("survive a lost connection and are tried again, later each time", async () => {
    const desk = new Desk();
    desk.reply = () => Promise.reject(new TypeError("no network"));
    desk.outbox.put("a", answer("yes"));
    const delays: number[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      await desk.pass();
      delays.push(...desk.delays);
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(desk.states.at(-1)).toBe("offline");
    expect(desk.shelf.length).toBe(1);
    desk.reply = (message) => Promise.resolve(storedAll(message));
    await desk.pass();
    expect(desk.outbox.size).toBe(0);
    expect(desk.shelf.length).toBe(0);
  });

  it("that change while they are under way are sent again, on the version that was stored", async () => {
    const desk = new Desk();
    let arrive: (reply: Reply) => void = () => undefined;
    desk.reply = () => new Promise((resolve) => { arrive = resolve; });
    desk.outbox.put("a", answer("one"));
    await desk.pass();
    desk.outbox.put("a", answer("two"));
    arrive({ ...DONE, versions: { a: 1 } });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    expect(desk.outbox.size).toBe(1);
    desk.reply = (message) => Promise.resolve(storedAll(message));
    await desk.pass();
    expect(desk.sent[1]?.answers.a).toEqual(answer("two", 1));
    expect(desk.outbox.size).toBe(0);
  });

  it("that the site will never take are not sent without end, and are kept", async () => {
    const desk = new Desk();
    desk.reply = () => Promise.reject(new Refused(401, "Sign in."));
    desk.outbox.put("a", answer("yes"));
    await desk.pass();
    expect(desk.states.at(-1)).toBe("refused");
    expect(desk.shelf.length).toBe(1);
  });

  it("in conflict or refused wait no longer", async () => {
    const desk = new Desk();
    const conflict = { value: false, confirmed: false, text: "no", version: 4 };
    desk.reply = () => Promise.resolve({ ...DONE, conflicts: { a: conflict }, errors: { b: "Please enter a number." } });
    desk.outbox.put("a", answer(true));
    desk.outbox.put("b", answer("many"));
    await desk.pass();
    expect(desk.outbox.size).toBe(0);
    expect(desk.replies[0]?.conflicts.a).toEqual(conflict);
  });

  it("tell the time once, and that the case was opened once", async () => {
    const desk = new Desk();
    desk.spent = 4000;
    await desk.outbox.flush();
    desk.spent = 6500;
    desk.outbox.put("a", answer("yes"));
    await desk.pass();
    expect(desk.sent.map(({ spent, opened }) => [spent, opened])).toEqual([[4, true], [2.5, false]]);
  });

  it("do not lose time that could not be told", async () => {
    const desk = new Desk();
    desk.reply = () => Promise.reject(new TypeError("no network"));
    desk.spent = 4000;
    await desk.outbox.flush();
    desk.reply = (message) => Promise.resolve(storedAll(message));
    desk.spent = 5000;
    await desk.outbox.flush();
    expect(desk.sent.map(({ spent }) => spent)).toEqual([4, 5]);
  });

  it("tell the time once, also when the page is hidden now and then", async () => {
    const desk = new Desk();
    await desk.outbox.flush();
    desk.spent = 4000;
    desk.outbox.part();
    desk.spent = 9000;
    desk.outbox.part();
    await desk.outbox.flush();
    expect(desk.sent.map(({ spent }) => spent)).toEqual([0, 4, 5, 0]);
    expect(desk.parted).toEqual([false, true, true, false]);
  });

  it("tell the time again that did not arrive as the page was hidden", async () => {
    const desk = new Desk();
    await desk.outbox.flush();
    desk.reply = () => Promise.reject(new TypeError("no network"));
    desk.spent = 4000;
    desk.outbox.part();
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    desk.reply = (message) => Promise.resolve(storedAll(message));
    await desk.outbox.flush();
    expect(desk.sent.map(({ spent }) => spent)).toEqual([0, 4, 4]);
  });

  it("say nothing as the page goes where there is nothing to say", async () => {
    const desk = new Desk();
    await desk.outbox.flush();
    desk.outbox.part();
    expect(desk.sent).toHaveLength(1);
  });

  it("close a case only after what was under way", async () => {
    const desk = new Desk();
    desk.outbox.put("a", answer("yes"));
    const first = desk.outbox.flush();
    const last = desk.outbox.flush({ done: true });
    await Promise.all([first, last]);
    expect(desk.sent.map(({ done }) => done)).toEqual([false, true]);
  });

  it("of a window that died are taken over with its name", async () => {
    const shelf = new MemoryShelf();
    shelf.setItem("p:gone", JSON.stringify({ entries: { a: answer("yes") } }));
    shelf.setItem("p:alive", JSON.stringify({ entries: { b: answer("no") } }));
    shelf.setItem("q:gone", JSON.stringify({ entries: { c: answer("no") } }));
    const found = await inherited(shelf, "p:", "me", (name) => Promise.resolve(name === "gone"));
    expect(found).toEqual({ writer: "gone", entries: { a: answer("yes") } });
  });

  it("of windows that died stay where they are until they are kept under the name that goes on", async () => {
    const shelf = new MemoryShelf();
    shelf.setItem("p:one", JSON.stringify({ entries: { a: answer("yes") } }));
    shelf.setItem("p:two", JSON.stringify({ entries: { b: answer("no") } }));
    const { writer, entries } = await inherited(shelf, "p:", "me", () => Promise.resolve(true));
    expect(entries).toEqual({ a: answer("yes"), b: answer("no") });
    // The browser dies now, or another panel takes the place of this one.
    expect({ ...keptUnder(shelf, "p:one"), ...keptUnder(shelf, "p:two") }).toEqual(entries);
    expect(keptUnder(shelf, `p:${writer}`)).toEqual(entries);
  });

  it("of a window go with it, not with one that was made from it as its double", async () => {
    const session = new MemoryShelf();
    const first = await nameOfWindow(session, () => Promise.resolve(true));
    const reloaded = await nameOfWindow(session, () => Promise.resolve(true));
    expect(reloaded).toBe(first);
    const copied = new MemoryShelf();
    copied.setItem(session.key(0)!, session.getItem(session.key(0)!)!);
    const double = await nameOfWindow(copied, (name) => Promise.resolve(name !== first));
    expect(double).not.toBe(first);
    expect(await nameOfWindow(copied, () => Promise.resolve(true))).toBe(double);
    expect(await nameOfWindow(null, () => Promise.resolve(true))).not.toBe("");
  });

  it("that the site will never take do not hold the others up", async () => {
    const desk = new Desk();
    desk.reply = (message) => ("b" in message.answers ? Promise.reject(new Refused(413, "Too large.")) : Promise.resolve(storedAll(message)));
    desk.outbox.put("a", answer("yes"));
    desk.outbox.put("b", answer("huge"));
    desk.outbox.put("c", answer("no"));
    await desk.pass();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(["a", "b", "c"].filter((key) => desk.outbox.has(key))).toEqual(["b"]);
    expect(desk.states.at(-1)).toBe("refused");
    expect(keptUnder(desk.shelf, "kept:me")).toEqual({ b: answer("huge") });
  });

  it("that cannot be read any more are nothing", () => {
    const shelf = new MemoryShelf();
    shelf.setItem("p:x", "{broken");
    expect(keptUnder(shelf, "p:x")).toEqual({});
  });
});

describe("a message to the site", () => {
  const message: Message = { answers: {}, writer: "me", spent: 0, opened: false, saves: false, done: false };

  /** A site that answers with a status, or (null) never. */
  async function at<T>(status: number | null, ask: (address: string) => Promise<T>): Promise<T> {
    const server = createServer((_request, response) => { if (status !== null) response.writeHead(status).end("{}"); });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    try {
      return await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("is given up on a line that is silent, and no refusal", async () => {
    const error: unknown = await at(null, (address) => post(address, message, "", { patience: 50 }).catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
  });

  it("says what to do where the reader is signed out: this page's forms are of a session that is over", async () => {
    const error: unknown = await at(403, (address) => post(address, message, "").catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(Refused);
    expect((error as Refused).message).toContain("reload this page");
  });
});

describe("masks on their way", () => {
  const saving = (target: EventTarget, key: string, is: boolean): void => { tell("hounsfield:saving", { key, saving: is }, target); };

  it("are not waited for when there are none", async () => {
    expect(await new Arrivals(new EventTarget()).whenAll(0)).toBe(true);
  });

  it("are waited for until the last has arrived", async () => {
    const target = new EventTarget();
    const arrivals = new Arrivals(target);
    saving(target, "a", true);
    saving(target, "a", true);
    saving(target, "b", true);
    let all: boolean | null = null;
    const waiting = arrivals.whenAll(10_000).then((arrived) => { all = arrived; });
    saving(target, "a", false);
    await Promise.resolve();
    expect(all).toBeNull();
    saving(target, "b", false);
    await waiting;
    expect(all).toBe(true);
  });

  it("hold nobody up for ever", async () => {
    const target = new EventTarget();
    const arrivals = new Arrivals(target);
    saving(target, "a", true);
    expect(await arrivals.whenAll(1)).toBe(false);
    expect(arrivals.isWaiting).toBe(true);
  });
});

describe("steps of a number", () => {
  const free = { minimum: null, maximum: null, step: null };
  const tenths = { minimum: 0, maximum: 1, step: 0.1 };
  it.each([
    ["3", 1, free, "4"],
    ["3,5", -1, free, "3"],
    ["", 1, { ...free, minimum: 2 }, "2"],
    ["", 1, free, "0"],
    ["0.2", 1, tenths, "0.3"],
    ["0.7", 1, tenths, "0.8"],
    ["0.25", 1, tenths, "0.3"],
    ["0.25", -1, tenths, "0.2"],
    ["1", 1, tenths, "1"],
    ["0", -1, tenths, "0"],
    ["5", 1, tenths, "1"],
    ["0.00001", 1, { minimum: 0, maximum: null, step: 0.00001 }, "0.00002"],
    ["1", 1, { minimum: 1, maximum: 6, step: 2 }, "3"],
    ["5", 1, { minimum: 1, maximum: 6, step: 2 }, "5"],
  ] as const)("%s by %i", (text, by, steps, expected) => {
    expect(stepped(text, by, steps)).toBe(expected);
  });
});

describe("decisions about findings", () => {
  const version = { major: 1, minor: 0 };
  const points = { type: "Multiple points", version, name: "Found", points: [{ point: [1, 2, 3] }, { point: [4, 5, 6], name: "b" }] };

  it("are open until every one is made", () => {
    expect(decided(points, [true, null])).toBeNull();
    expect(decided(points, [true, false])).toEqual({ ...points, points: [{ point: [1, 2, 3] }] });
    expect(decided(points, [false, false])).toBeNull();
  });

  it("come back from the answer", () => {
    const findings = objectsOf(points);
    expect(decisionsIn(findings, withObjects(points, [{ point: [4, 5, 6], name: "b" }]), false)).toEqual([false, true]);
    expect(decisionsIn(findings, null, true)).toEqual([false, false]);
    expect(decisionsIn(findings, null, false)).toEqual([null, null]);
  });

  it("see one object in a value of one", () => {
    const point = { type: "Point", version, point: [1, 2, 3] };
    expect(objectsOf(point)).toEqual([point]);
    expect(objectsOf(null)).toEqual([]);
  });
});
