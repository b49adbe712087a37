import { describe, expect, it } from "vitest";
import { MaskApi } from "../../viewer/frontend/src/core/mask-api";

describe("reading a mask", () => {
  const MASK = { revision: "r", version: 1, bits: 8, slices: [] };

  it.each([
    [200, MASK],
    [401, "refused"],
    [403, "refused"],
    [404, "refused"],
    [429, null],
    [502, null],
  ])("tells a site that refuses from one that is away: %i", async (status, told) => {
    const api = new MaskApi({ root: "/a/", fetch: () => Promise.resolve(Response.json(MASK, { status })) });
    expect(await api.read("m")).toEqual(told);
  });

  it("takes a line that is broken for a site that is away", async () => {
    const api = new MaskApi({ root: "/a/", fetch: () => Promise.reject(new TypeError("Failed to fetch")) });
    expect(await api.read("m")).toBeNull();
  });
});
