/** What is said of a file with predictions before it is sent. */
import { describe, expect, it } from "vitest";

import { faultAtOnce, inWords, type Wanted } from "../../app/challenges/frontend/check";

const JSON_FILE: Wanted = { form: "JSON", mostBytes: 2 ** 20 };
const CSV_FILE: Wanted = { form: "CSV", mostBytes: 2 ** 20 };

function look(text: string, wanted: Wanted, name = "mine.json", size = text.length): Promise<string> {
  return faultAtOnce({ name, size, text: () => Promise.resolve(text) }, wanted);
}

describe("a file with predictions", () => {
  it("that can be read has no fault", async () => {
    expect(await look('[{"case": "a"}]', JSON_FILE)).toBe("");
    expect(await look("case,score\na,1\n", CSV_FILE, "MINE.CSV")).toBe("");
  });

  it("has to end as the phase says", async () => {
    expect(await look("[]", JSON_FILE, "mine.csv")).toContain("does not end with .json");
    expect(await look("a", CSV_FILE)).toContain("does not end with .csv");
  });

  it.each(["mine.zip", "mine.json.gz", "mine.TAR", "mine.7z"])("is no archive: %s", async (name) => {
    const fault = await look("[]", JSON_FILE, name);
    expect(fault).toContain("Archives");
    expect(fault).toContain("Unpack it and hand in the .json file.");
  });

  it("is not read when it is too large", async () => {
    const text = (): Promise<string> => Promise.reject(new Error("read"));
    const fault = await faultAtOnce({ name: "a.json", size: 3 * 2 ** 20, text }, JSON_FILE);
    expect(fault).toBe("The file has 3.0 MiB; at most 1 are taken.");
  });

  it("is neither empty nor broken", async () => {
    expect(await look(" \n", JSON_FILE)).toBe("The file is empty.");
    expect(await look("[1, 2", JSON_FILE)).toContain("This is not JSON: ");
    expect(await look("[1, 2", CSV_FILE, "a.csv")).toBe("");
  });

  it("has its faults said by path", () => {
    expect(inWords({ path: "[2].score", message: "is missing" })).toBe("[2].score: is missing");
    expect(inWords({ path: "", message: "The file is empty." })).toBe("The file is empty.");
  });
});
