/** The upload control's decisions that need no browser. */
import { describe, expect, it } from "vitest";

import { Batch } from "../../app/uploads/frontend/batch";
import { acceptedText, isAccepted, isWanted, refusedText } from "../../app/uploads/frontend/files";
import { fingerprint, Memory } from "../../app/uploads/frontend/memory";
import { filenameOf, partCount, PART_SIZE, partSizeFor, sizeOfPart, stretchOf } from "../../app/uploads/frontend/plan";
import { Refusal, TRIES, waitBefore, withRetries } from "../../app/uploads/frontend/retry";
import { Places } from "../../app/uploads/frontend/send";
import { totalsOf } from "../../app/uploads/frontend/totals";
import { filesText, problemsText, sizeText } from "../../app/uploads/frontend/words";

const MB = 2 ** 20;

describe("parts", () => {
  it("are 8 MiB until 10,000 of them would not do", () => {
    expect(partSizeFor(1)).toBe(PART_SIZE);
    expect(partCount(8 * MB)).toBe(1);
    expect(partCount(8 * MB + 1)).toBe(2);
    const huge = 300 * 2 ** 30;
    expect(partCount(huge)).toBeLessThanOrEqual(10_000);
    expect(partSizeFor(huge) % MB).toBe(0);
    expect(partCount(0)).toBe(1);
  });
});

describe("addresses", () => {
  it("are asked for in stretches of twenty", () => {
    expect(stretchOf(1, 45)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(stretchOf(20, 45)).toEqual(stretchOf(1, 45));
    expect(stretchOf(45, 45)).toEqual([41, 42, 43, 44, 45]);
  });

  it("belong to parts whose sizes add up", () => {
    const size = 20 * MB + 7;
    const sizes = Array.from({ length: partCount(size) }, (_, at) => sizeOfPart(size, at + 1));
    expect(sizes.reduce((sum, part) => sum + part, 0)).toBe(size);
  });
});

describe("a batch", () => {
  it("gathers what comes while a request is on its way, and answers in order", async () => {
    const asked: number[] = [];
    const batch = new Batch((inputs: number[]) => {
      asked.push(inputs.length);
      return new Promise<number[]>((resolve) => setTimeout(resolve, 5, inputs.map((input) => 2 * input)));
    });
    const answers = await Promise.all(Array.from({ length: 230 }, (_, at) => batch.add(at)));
    expect(answers).toEqual(Array.from({ length: 230 }, (_, at) => 2 * at));
    expect(asked.length).toBeLessThan(8);
    expect(Math.max(...asked)).toBeLessThanOrEqual(50);
  });

  it("fails as a whole, and goes on with what comes next", async () => {
    let isBroken = true;
    const batch = new Batch((inputs: string[]) =>
      isBroken ? Promise.reject(new Error("no")) : Promise.resolve(inputs),
    );
    await expect(batch.add("a")).rejects.toThrow("no");
    isBroken = false;
    await expect(batch.add("b")).resolves.toBe("b");
  });
});

describe("names", () => {
  it("lose their folders and keep their ending", () => {
    expect(filenameOf("CT/series 1/1.dcm")).toBe("1.dcm");
    const long = filenameOf(`${"x".repeat(400)}.nii.gz`);
    expect(long).toHaveLength(255);
    expect(long.endsWith(".nii.gz")).toBe(true);
  });

  it("are accepted by their ending", () => {
    expect(isAccepted("A.TAR.GZ", ".tar, .tar.gz")).toBe(true);
    expect(isAccepted("a.txt", ".tar,.tar.gz")).toBe(false);
    expect(isAccepted("anything", "")).toBe(true);
  });

  it("that are not taken are told why, and what to do", () => {
    const archive = refusedText(["run/mine.tar.gz"], ".json");
    expect(archive).toContain("“mine.tar.gz” was not taken: it is an archive (.tar.gz)");
    expect(archive).toContain("Unpack it");
    const other = refusedText(["mine.txt", "a.txt", "b.txt"], ".json,.csv");
    expect(other).toContain("“mine.txt” (and 2 more) was not taken");
    expect(other).toContain("does not end in .json or .csv");
    expect(other).toContain("Choose another file");
  });

  it("tell what operating systems leave behind", () => {
    expect(["CT/.DS_Store", "__MACOSX/CT/1.dcm", "thumbs.db", "CT/1.dcm"].map(isWanted)).toEqual([false, false, false, true]);
  });
});

describe("memory", () => {
  function storage(): { getItem(key: string): string | null; setItem(k: string, v: string): void } {
    const kept = new Map<string, string>();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
  }

  it("finds the same file again for a day, also after a reload", () => {
    const store = storage();
    let now = 0;
    const print = fingerprint("CT/1.dcm", { size: 9, lastModified: 5 });
    const first = new Memory(store, () => now);
    first.remember(print, { pk: "p", multipartId: "m" });
    first.flush();
    expect(store.getItem("hounsfield-uploads")).not.toContain("CT/1.dcm"); // may name a patient
    const later = new Memory(store, () => now);
    expect(later.recall(print)).toEqual({ pk: "p", multipartId: "m" });
    expect(later.recall(fingerprint("CT/1.dcm", { size: 9, lastModified: 6 }))).toBeNull();
    now = 25 * 3600 * 1000;
    expect(later.recall(print)).toBeNull();
  });

  it("forgets, and survives a store that is broken or full", () => {
    const memory = new Memory(storage());
    memory.remember("a", { pk: "p", multipartId: "m" });
    memory.forget("a");
    expect(memory.recall("a")).toBeNull();
    const full = new Memory({
      getItem: () => "not json",
      setItem: () => {
        throw new Error("full");
      },
    });
    full.remember("a", { pk: "p", multipartId: "m" });
    full.flush();
    expect(full.recall("b")).toBeNull();
  });
});

describe("retries", () => {
  it("wait longer each time, up to a limit", () => {
    const waits = Array.from({ length: TRIES - 1 }, (_, attempt) => waitBefore(attempt, 0.5));
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000]);
    expect(waitBefore(30, 1)).toBe(25_000);
  });

  it("come only where trying again may help", async () => {
    const never = new AbortController().signal;
    let tries = 0;
    const refused = withRetries(() => {
      tries += 1;
      return Promise.reject(new Refusal(400, "no"));
    }, never);
    await expect(refused).rejects.toThrow("no");
    expect(tries).toBe(1);
    const better = withRetries(
      (attempt) => (attempt < 1 ? Promise.reject(new Refusal(503, "later")) : Promise.resolve("yes")),
      never,
    );
    await expect(better).resolves.toBe("yes");
  });

  it("end at once when cancelled", async () => {
    const control = new AbortController();
    const endless = withRetries(() => Promise.reject(new Refusal(0, "off")), control.signal);
    setTimeout(() => {
      control.abort();
    }, 20);
    await expect(endless).rejects.toThrow("Cancelled");
  });
});

describe("places", () => {
  it("are never taken by more than there are, and freed by failures too", async () => {
    const places = new Places(2);
    let inside = 0;
    let most = 0;
    const use = async (fails: boolean): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside -= 1;
      if (fails) throw new Error("failed");
    };
    const all = Array.from({ length: 9 }, (_, at) => places.use(() => use(at % 3 === 0)));
    await Promise.allSettled(all);
    expect(most).toBe(2);
    await expect(places.use(() => Promise.resolve("free"))).resolves.toBe("free");
  });
});

describe("what is shown", () => {
  const file = (size: number, more: object): Parameters<typeof totalsOf>[0] extends Iterable<infer T> ? T : never =>
    ({ size, progress: { uploadStarted: null }, ...more }) as never;

  it("sums up", () => {
    const totals = totalsOf([
      file(10, { progress: { uploadStarted: 1, uploadComplete: true } }),
      file(100, { progress: { uploadStarted: 1, bytesUploaded: 40 } }),
      file(5, { error: "refused" }),
    ]);
    expect(totals).toEqual({ files: 3, started: 2, done: 1, failed: 1, bytes: 115, sent: 50 });
  });

  it("names the first files that failed, and counts the others", () => {
    const failed = Array.from({ length: 12 }, (_, at) => ({
      name: `${String(at)}.dcm`, meta: { relativePath: `CT/${String(at)}.dcm` }, error: "Too large.",
    }));
    const lines = problemsText([...failed, { name: "good.dcm", meta: {}, error: null }] as never);
    expect(lines).toHaveLength(9);
    expect(lines[0]).toBe("CT/0.dcm: Too large.");
    expect(lines[8]).toBe("and 4 files more");
  });

  it("speaks plainly", () => {
    expect([0, 999, 1000, 2_500_000, 12_345_678_901].map(sizeText)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.0 KB",
      "2.5 MB",
      "12 GB",
    ]);
    expect([1, 1234].map(filesText)).toEqual(["1 file", "1,234 files"]);
    expect(acceptedText(".tar,.tar.gz")).toBe("Files ending in .tar or .tar.gz");
  });
});
