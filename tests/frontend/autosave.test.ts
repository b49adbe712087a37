import { describe, expect, it, vi } from "vitest";
import type { Sent } from "../../viewer/frontend/src/core/annotation-api";
import type { Change, ChangeResult } from "../../viewer/frontend/src/core/annotations";
import { MemoryBuffer } from "../../viewer/frontend/src/core/buffer";
import { patienceFor } from "../../viewer/frontend/src/core/patience";
import { Autosave, type Decision } from "../../viewer/frontend/src/state/autosave";
import { savingWords } from "../../viewer/frontend/src/panels/save-sign";
import { type Desk, IMAGE, LastingBuffer, Site, desk, draw, lengthOf, line, move, settled } from "./annotation-desk";

describe("a decision", () => {
  it("about more slices than the site takes at once is sent in lots, each on top of the one before", async () => {
    const theirs = { pk: "m", revision: "theirs", version: 2, deleted: false, image: "", author: "ben", changed_by: "ben", kind: "SEG", tool: "mask", value: {}, label: "", color: "", frame: null };
    const sent: Change[] = [];
    const send = (changes: readonly Change[]): Promise<Sent> => {
      const results = changes.map((change): ChangeResult => {
        const known = change.base !== "old";
        if (known) sent.push(change);
        return { id: change.id, annotation: "m", status: known ? "saved" : "conflict", version: 3, current: known ? null : theirs, problem: null };
      });
      return Promise.resolve({ kind: "answered", results });
    };
    const slices = Array.from({ length: 1100 }, (_, index) => ({ index, data: "x" }));
    const autosave = new Autosave({ api: { send }, buffer: new MemoryBuffer() });
    autosave.know([{ ...theirs, revision: "old" }]);
    await autosave.push("m", { slices });
    await vi.waitFor(() => { expect(autosave.conflicts).toHaveLength(1); });
    await autosave.decide("m", "mine");
    await vi.waitFor(() => { expect(autosave.status.kind).toBe("saved"); });
    expect(sent.map((change) => change.slices?.length)).toEqual([512, 512, 76]);
    expect(sent.map(({ base }) => base)).toEqual(["theirs", ...sent.slice(0, -1).map(({ id }) => id)]);
    expect(sent.flatMap((change) => change.slices ?? []).map(({ index }) => index)).toEqual(slices.map(({ index }) => index));
  });
});

describe("a browser that keeps nothing", () => {
  class BrokenBuffer extends MemoryBuffer {
    override all(): Promise<never> { return Promise.reject(new Error("The browser's storage failed.")); }
    override add(): Promise<never> { return Promise.reject(new Error("The disk is full.")); }
    override remove(): Promise<never> { return Promise.reject(new Error("The browser's storage failed.")); }
  }

  it("still shows what the site has, and saves there", async () => {
    const site = new Site();
    const { id } = draw(desk(site), 3);
    await vi.waitFor(() => { expect(site.rows.has(id)).toBe(true); });
    const ana = desk(site, "ana", new BrokenBuffer());
    await ana.sync.open();
    expect(lengthOf(ana.annotations.get(id))).toBe(3);
    move(ana, id, 4);
    await settled(ana);
    move(ana, id, 5);
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(5);
  });

  it("says how much would be lost with the window", async () => {
    const site = new Site();
    const ana = desk(site, "ana", new BrokenBuffer());
    await ana.sync.open();
    site.away = true;
    draw(ana);
    expect(ana.autosave.atRisk).toBe(1);
    await vi.waitFor(() => { expect(ana.autosave.status.kind).toBe("waiting"); });
    expect(ana.autosave.atRisk).toBe(1);
    expect(savingWords(ana.autosave.status, ana.autosave.atRisk)).toBe("1 change in this window only: leave it open until the site answers");
    site.away = false;
    ana.autosave.wake();
    await settled(ana);
    expect(ana.autosave.atRisk).toBe(0);
  });

  it("is told from one that does", async () => {
    const site = new Site();
    const ana = desk(site, "ana", new LastingBuffer());
    site.away = true;
    draw(ana);
    await vi.waitFor(() => { expect(ana.autosave.status.kind).toBe("waiting"); });
    expect(ana.autosave.atRisk).toBe(0);
    expect(savingWords(ana.autosave.status, 0)).toBe("1 change kept on this computer until the site answers");
  });

  it.each([
    [401, "2 changes kept on this computer: sign in in another window, then reload this page"],
    [403, "2 changes kept on this computer: sign in in another window, then reload this page"],
    [404, "2 changes kept on this computer: you have no access here any more"],
  ])("says what to do after %i", (status, words) => {
    expect(savingWords({ kind: "ended", count: 2, status }, 0)).toBe(words);
  });
});

describe("a slow line", () => {
  it("gets less at once after each try that did not arrive", { timeout: 30_000 }, async () => {
    vi.useFakeTimers();
    try {
      const sizes: number[] = [];
      const send = (changes: readonly Change[]): Promise<Sent> => {
        sizes.push(changes.length);
        if (changes.length > 2) return Promise.resolve({ kind: "away" });
        return Promise.resolve({
          kind: "answered",
          results: changes.map((change) => ({ id: change.id, annotation: change.annotation, status: "saved", version: 1, current: null, problem: null })),
        });
      };
      const autosave = new Autosave({ api: { send }, buffer: new MemoryBuffer() });
      const pushes = Array.from({ length: 8 }, (_, index) => autosave.push(`m${index}`, { label: "x".repeat(2 ** 20) }));
      await Promise.all(pushes);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(autosave.status.kind).toBe("saved");
      expect(Math.max(...sizes.slice(-2))).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is waited for as long as what is large takes", () => {
    expect(patienceFor(0)).toBe(30_000);
    // 8 MiB at 128 kbit/s.
    expect(patienceFor(8 * 2 ** 20)).toBe(30_000 + 2 ** 19);
  });
});

describe("saving", () => {
  it("keeps every step in order, undo and redo as further versions", async () => {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana, 1);
    move(ana, id, 2);
    ana.annotations.change(id, { label: "Nodule" });
    ana.history.undo();
    ana.history.undo();
    ana.history.redo();
    ana.annotations.remove(id);
    ana.history.undo();
    await settled(ana);
    expect(site.rows.get(id)).toMatchObject({ version: 8, label: "", deleted: false, tool: "length", kind: "DIST" });
    expect(lengthOf(site.rows.get(id))).toBe(2);
    expect(ana.annotations.get(id)).toMatchObject({ saving: "saved", version: 8 });
    expect(await ana.buffer.all()).toEqual([]);
  });

  it("goes on where the site was away, and sends a lost answer's changes once", async () => {
    const site = new Site();
    const ana = desk(site);
    site.away = true;
    const { id } = draw(ana, 1);
    move(ana, id, 5);
    await vi.waitFor(() => { expect(ana.autosave.status).toEqual({ kind: "waiting", count: 2 }); });
    site.away = false;
    site.deaf = true;
    ana.autosave.wake();
    await vi.waitFor(() => { expect(site.rows.get(id)?.version).toBe(2); });
    site.deaf = false;
    ana.autosave.wake();
    await settled(ana);
    expect(site.rows.get(id)?.version).toBe(2);
    expect(site.seen).toHaveLength(2);
  });

  it("loses nothing when the browser dies: the next visit sends what is on disk", async () => {
    const site = new Site();
    const buffer = new MemoryBuffer();
    const before = desk(site, "ana", buffer);
    site.away = true;
    const { id } = draw(before, 1);
    const gone = draw(before, 9);
    move(before, id, 3);
    before.annotations.remove(gone.id);
    await vi.waitFor(async () => { expect(await buffer.all()).toHaveLength(4); });
    const after = desk(site, "ana", buffer);
    await after.sync.open();
    expect(after.annotations.all).toMatchObject([{ id, value: line(3), saving: "waiting" }]);
    site.away = false;
    after.autosave.wake();
    await settled(after);
    expect(lengthOf(site.rows.get(id))).toBe(3);
    expect(site.rows.get(gone.id)?.deleted).toBe(true);
  });

  it("shows what others draw, and one's unsent changes on top of what the site tells", async () => {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana, 1);
    await settled(ana);
    const buffer = new MemoryBuffer();
    const ben = desk(site, "ben", buffer);
    await ben.sync.open();
    expect(ben.annotations.all).toMatchObject([{ id, author: "ana", mine: false, editable: true, saving: "saved" }]);
    site.away = true;
    move(ben, id, 7);
    await vi.waitFor(async () => { expect(await buffer.all()).toHaveLength(1); });
    const again = desk(site, "ben", buffer);
    site.away = false;
    await again.sync.open();
    expect(lengthOf(again.annotations.get(id))).toBe(7);
    await settled(again);
    expect(lengthOf(site.rows.get(id))).toBe(7);
    ana.sync.hear([id]);
    await vi.waitFor(() => { expect(lengthOf(ana.annotations.get(id))).toBe(7); });
  });

  it("keeps what the site took while the list was on its way", async () => {
    const site = new Site();
    const { list } = site;
    let answer: (() => void) | null = null;
    site.list = async () => {
      const rows = await list();
      if (answer) await new Promise<void>((resolve) => { answer = resolve; });
      return rows;
    };
    const ana = desk(site);
    await ana.sync.open();
    const waits = (): void => undefined;
    answer = waits;
    const reading = ana.sync.reload();
    await vi.waitFor(() => { expect(answer).not.toBe(waits); });
    const { id } = draw(ana);
    await settled(ana);
    answer();
    await reading;
    expect(ana.annotations.get(id)).toMatchObject({ saving: "saved", version: 1 });
    move(ana, id, 9);
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(9);
  });

  it("builds on the newest version, whichever answer comes last", async () => {
    const site = new Site();
    const { one } = site;
    const answers: (() => void)[] = [];
    site.one = async (pk) => {
      const row = await one(pk);
      await new Promise<void>((resolve) => { answers.push(resolve); });
      return row;
    };
    const ana = desk(site);
    const { id } = draw(ana, 1);
    await settled(ana);
    ana.sync.hear([id]);
    await vi.waitFor(() => { expect(answers).toHaveLength(1); });
    move(ana, id, 2);
    await settled(ana);
    answers[0]?.();
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    expect(ana.annotations.get(id)?.value).toEqual(line(2));
    move(ana, id, 3);
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(3);
  });

  it("reads again when news begin late, and not when they were there first", async () => {
    const site = new Site();
    const ben = desk(site, "ben");
    ben.sync.listening();
    await ben.sync.open();
    const { id } = draw(desk(site));
    await vi.waitFor(() => { expect(site.rows.has(id)).toBe(true); });
    expect(ben.annotations.all).toEqual([]);
    ben.sync.listening();
    await vi.waitFor(() => { expect(ben.annotations.get(id)).toBeDefined(); });
  });

  it("lets readers who may only see change nothing of others", async () => {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana);
    await settled(ana);
    const ben = desk(site, "ben", new MemoryBuffer(), "see");
    await ben.sync.open();
    move(ben, id, 9);
    ben.annotations.remove(id);
    expect(lengthOf(ben.annotations.get(id))).toBe(1);
    expect(ben.autosave.status.kind).toBe("saved");
  });
});

describe("two people at one mark", () => {
  async function conflict(): Promise<{ site: Site; ana: Desk; ben: Desk; id: string }> {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana, 1);
    await settled(ana);
    const ben = desk(site, "ben");
    await ben.sync.open();
    move(ben, id, 20);
    await settled(ben);
    move(ana, id, 10);
    move(ana, id, 11);
    await vi.waitFor(() => { expect(ana.autosave.conflicts).toHaveLength(1); });
    return { site, ana, ben, id };
  }

  it("overwrite nothing: both versions are kept and told", async () => {
    const { site, ana, id } = await conflict();
    expect(lengthOf(site.rows.get(id))).toBe(20);
    expect(ana.autosave.conflicts[0]).toMatchObject({ kind: "conflict", annotation: id, theirs: { changed_by: "ben" } });
    expect(ana.annotations.get(id)).toMatchObject({ saving: "conflict", value: line(11) });
    expect(await ana.buffer.all()).toHaveLength(2);
    expect(ana.autosave.status).toEqual({ kind: "undecided", count: 1 });
  });

  it("do not hold up other marks", async () => {
    const { site, ana } = await conflict();
    const other = draw(ana, 4);
    await vi.waitFor(() => { expect(site.rows.get(other.id)?.version).toBe(1); });
    expect(ana.autosave.conflicts).toHaveLength(1);
  });

  it.each<[Decision, number]>([["mine", 12], ["theirs", 20]])("choose %s", async (decision, length) => {
    const { site, ana, id } = await conflict();
    move(ana, id, 12); // goes on while the question is open
    await vi.waitFor(async () => { expect(await ana.buffer.all()).toHaveLength(3); });
    await ana.autosave.decide(id, decision);
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(length);
    expect(lengthOf(ana.annotations.get(id))).toBe(length);
    expect(await ana.buffer.all()).toEqual([]);
    move(ana, id, 30);
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(30);
  });

  it("keep both as two marks", async () => {
    const { site, ana, id } = await conflict();
    await ana.autosave.decide(id, "both");
    await settled(ana);
    expect([...site.rows.values()].map(lengthOf)).toEqual([20, 11]);
    expect(ana.annotations.all.map(lengthOf).sort()).toEqual([11, 20]);
    expect(ana.annotations.all.every(({ saving }) => saving === "saved")).toBe(true);
  });

  it.each<Decision>(["theirs", "both"])("choose %s, and see what was done to theirs meanwhile", async (decision) => {
    const { site, ana, ben, id } = await conflict();
    ben.annotations.remove(id);
    await settled(ben);
    ana.sync.take(site.rows.get(id)!);
    expect(ana.annotations.get(id)).toBeDefined(); // as long as the question is open
    await ana.autosave.decide(id, decision);
    await settled(ana);
    await vi.waitFor(() => { expect(ana.annotations.get(id)).toBeUndefined(); });
  });

  it("are decided once, however often the button is pressed", async () => {
    const { site, ana, id } = await conflict();
    await Promise.all([ana.autosave.decide(id, "both"), ana.autosave.decide(id, "both"), ana.autosave.decide(id, "mine")]);
    await settled(ana);
    expect([...site.rows.values()].map(lengthOf)).toEqual([20, 11]);
  });

  it("bring back what the other deleted, if the reader wants that", async () => {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana, 1);
    await settled(ana);
    const ben = desk(site, "ben");
    await ben.sync.open();
    ben.annotations.remove(id);
    await settled(ben);
    move(ana, id, 2);
    await vi.waitFor(() => { expect(ana.autosave.conflicts[0]?.theirs?.deleted).toBe(true); });
    await ana.autosave.decide(id, "mine");
    await settled(ana);
    expect(site.rows.get(id)).toMatchObject({ deleted: false, value: line(2) });
  });

  it("ask again after a reload", async () => {
    const { site, ana, id } = await conflict();
    const again = desk(site, "ana", ana.buffer);
    await again.sync.open();
    await vi.waitFor(() => { expect(again.autosave.conflicts).toHaveLength(1); });
    expect(lengthOf(again.annotations.get(id))).toBe(11);
  });
});

describe("what the site refuses", () => {
  it("is told with its reason and kept", async () => {
    const site = new Site();
    const ana = desk(site);
    site.refuse = ({ value }) => (lengthOf({ value }) === 13 ? "value.end: out of bounds" : null);
    const { id } = draw(ana, 13);
    const other = draw(ana, 2);
    await vi.waitFor(() => { expect(ana.autosave.conflicts[0]).toMatchObject({ kind: "refused", problem: "value.end: out of bounds" }); });
    await vi.waitFor(() => { expect(site.rows.has(other.id)).toBe(true); });
    expect(await ana.buffer.all()).toHaveLength(1);
    await ana.autosave.decide(id, "theirs");
    await settled(ana);
    expect(ana.annotations.get(id)).toBeUndefined();
  });
});

describe("a half-drawn mark", () => {
  it("is there again on the next visit", async () => {
    const site = new Site();
    const buffer = new MemoryBuffer();
    const before = desk(site, "ana", buffer);
    const ground = { pane: 0, image: IMAGE, timepoint: 0, facing: { normal: [0, 0, 1], up: [0, -1, 0] } } as const;
    before.drawing.place("polygon", ground, [0, 0, 5]);
    before.drawing.place("polygon", ground, [4, 0, 5]);
    await vi.waitFor(async () => { expect(await buffer.draft()).not.toBeNull(); });
    const after = desk(site, "ana", buffer);
    await vi.waitFor(() => { expect(after.drawing.draft?.places).toHaveLength(2); });
    after.drawing.place("polygon", ground, [4, 4, 5]);
    after.drawing.finish();
    expect(after.annotations.all).toHaveLength(1);
    await vi.waitFor(async () => { expect(await buffer.draft()).toBeNull(); });
  });
});

describe("a stroke", () => {
  it("is on the disk while it is drawn, and goes on after a reload", async () => {
    const buffer = new MemoryBuffer();
    const before = desk(new Site(), "ana", buffer);
    const ground = { pane: 0, image: IMAGE, timepoint: 0, facing: { normal: [0, 0, 1], up: [0, -1, 0] } } as const;
    for (const x of [0, 1, 2, 3]) before.drawing.stroke("freehand", ground, [x, x * x, 5]);
    await vi.waitFor(async () => { expect(await buffer.draft()).toMatchObject({ places: { length: 4 } }); });
    const after = desk(new Site(), "ana", buffer);
    await vi.waitFor(() => { expect(after.drawing.draft?.places).toHaveLength(4); });
    after.drawing.stroke("freehand", ground, [0, 9, 5]);
    after.drawing.finish();
    expect(after.annotations.all[0]?.value).toMatchObject({ path_points: { length: 5 } });
    await vi.waitFor(async () => { expect(await buffer.draft()).toBeNull(); });
  });
});

describe("200 edits by two people over a line that breaks at random", () => {
  it("are all there, or in front of their reader as a conflict", async () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const site = new Site();
    const buffers = [new MemoryBuffer(), new MemoryBuffer()];
    const people = [desk(site, "ana", buffers[0]), desk(site, "ben", buffers[1])];
    const acknowledged = new Map<string, Set<string>>();
    for (let edit = 0; edit < 200; edit += 1) {
      const who = edit % 2;
      const person = people[who]!;
      site.away = random() < 0.3;
      site.deaf = random() < 0.2;
      const marks = person.annotations.all.filter(({ saving }) => saving !== "conflict");
      const mark = marks[Math.floor(random() * marks.length)];
      if (!mark || random() < 0.2) draw(person, edit + 1);
      else move(person, mark.id, edit + 1);
      if (random() < 0.1) {
        // The browser dies and opens again.
        await vi.waitFor(async () => { expect(await buffers[who]!.all()).toBeDefined(); });
        people[who] = desk(site, who === 0 ? "ana" : "ben", buffers[who]!);
        await people[who]!.sync.open();
      } else if (random() < 0.3) {
        await new Promise((resolve) => { setTimeout(resolve, 1); });
        if (!site.away) void person.sync.reload();
      }
      for (const { id } of person.annotations.all) acknowledged.set(id, acknowledged.get(id) ?? new Set());
    }
    site.away = false;
    site.deaf = false;
    for (const person of people) {
      person.autosave.wake();
      await vi.waitFor(() => {
        const held = new Set(person.autosave.conflicts.map(({ annotation }) => annotation));
        expect(person.annotations.all.filter(({ id, saving }) => saving === "waiting" && !held.has(id))).toEqual([]);
      }, { timeout: 5000 });
    }
    // A chain of versions without a gap: each change built on the one before it.
    for (const row of site.rows.values()) expect(row.version).toBeGreaterThan(0);
    for (const person of people) {
      await person.sync.reload();
      for (const annotation of person.annotations.all) {
        const held = person.autosave.conflicts.some((trouble) => trouble.annotation === annotation.id);
        if (!held) expect(lengthOf(annotation)).toBe(lengthOf(site.rows.get(annotation.id)));
      }
    }
    expect(site.rows.size).toBeGreaterThan(10);
  }, 30_000);
});
