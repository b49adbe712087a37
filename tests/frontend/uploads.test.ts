/** The upload control's decisions that need no browser. */
import { describe, expect, it } from "vitest";

import { isAccepted } from "../../app/uploads/frontend/files";
import { newJob, totalsOf, type Job } from "../../app/uploads/frontend/jobs";
import { fingerprint, Memory } from "../../app/uploads/frontend/memory";
import { filenameOf, nextUnit, partCount, PART_SIZE, partSizeFor } from "../../app/uploads/frontend/plan";
import { Refusal, TRIES, waitBefore, withRetries } from "../../app/uploads/frontend/retry";
import { Places } from "../../app/uploads/frontend/send";
import { choose } from "../../app/uploads/frontend/view";
import { durationText, filesText, sizeText } from "../../app/uploads/frontend/words";

const MB = 2 ** 20;

function job(size: number, state: Job["state"] = "waiting"): Job {
  const file = { size, name: "a", lastModified: 1 } as File;
  return Object.assign(newJob({ file, path: "a" }), { state });
}

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

describe("units", () => {
  it("keep the order, put small files together and large ones alone", () => {
    const sizes = [1, 2, 9 * MB, ...Array<number>(60).fill(10), ...Array<number>(10).fill(8 * MB)];
    const waiting = sizes.map((size) => job(size));
    const all = [...waiting];
    const seen: Job[] = [];
    const kinds: string[] = [];
    for (let unit = nextUnit(waiting); unit; unit = nextUnit(waiting)) {
      const jobs = unit.kind === "large" ? [unit.job] : unit.jobs;
      kinds.push(`${unit.kind} ${String(jobs.length)}`);
      seen.push(...jobs);
    }
    expect(seen).toEqual(all);
    expect(kinds).toEqual(["batch 2", "large 1", "batch 50", "batch 17", "batch 3"]);
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
    new Memory(store, () => now).remember(print, { pk: "p", multipartId: "m" });
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
    expect(full.recall("a")).toBeNull();
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
  it("is at most eight rows: failures first, then what moves", () => {
    const jobs = [
      ...Array.from({ length: 5000 }, () => job(1, "done")),
      ...Array.from({ length: 3 }, () => job(1, "sending")),
      ...Array.from({ length: 2 }, () => job(1, "failed")),
      ...Array.from({ length: 100 }, () => job(1, "waiting")),
    ];
    const states = choose(jobs).map((shown) => shown.state);
    expect(states).toEqual([
      ...Array<string>(2).fill("failed"),
      ...Array<string>(3).fill("sending"),
      ...Array<string>(3).fill("waiting"),
    ]);
  });

  it("sums up", () => {
    const sending = Object.assign(job(100, "sending"), { sent: 40 });
    const totals = totalsOf([job(10, "done"), sending, job(5, "failed")]);
    expect(totals).toEqual({ files: 3, done: 1, failed: 1, bytes: 115, sent: 50 });
  });

  it("speaks plainly", () => {
    expect([0, 999, 1000, 2_500_000, 12_345_678_901].map(sizeText)).toEqual([
      "0 bytes",
      "999 bytes",
      "1.0 KB",
      "2.5 MB",
      "12 GB",
    ]);
    expect([0.2, 40, 90, 7200].map(durationText)).toEqual(["1 s", "40 s", "2 min", "2.0 h"]);
    expect([1, 1234].map(filesText)).toEqual(["1 file", "1,234 files"]);
  });
});
