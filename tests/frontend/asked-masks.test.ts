/** Questions that a mask answers: which mask is painted, and when the panel hears of it. */

import { describe, expect, it } from "vitest";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { Layer } from "../../viewer/frontend/src/core/layer";
import { type AskedAnnotation, type Messages, hear, tell } from "../../viewer/frontend/src/core/reading-messages";
import { AskedMasks } from "../../viewer/frontend/src/state/asked-masks";
import { History } from "../../viewer/frontend/src/state/history";
import { Masks } from "../../viewer/frontend/src/state/masks";
import type { Tool } from "../../viewer/frontend/src/state/workspace-state";
import { layerMeta } from "./layers";

const ASKED: AskedAnnotation = {
  key: "q1", kind: "MASK", label: "Paint the nodule", color: "#ff0000", viewport: "secondary", value: null, locked: false,
  segments: [{ voxel_value: 0, name: "Back", visible: true }, { voxel_value: 2, name: "Solid", visible: true, color: "#00ff00" }],
};

function setUp(asked: Partial<AskedAnnotation> = {}) {
  const meta = layerMeta({ size: [8, 8, 2] });
  const image = new Layer(0, meta, new Uint32Array(2), new Caches(budgetsFor(8)));
  let layers = 1;
  const masks = new Masks(new History(), { join: (make) => make(layers++), edited: () => undefined, changed: () => undefined });
  const target = new EventTarget();
  const shown: string[] = [];
  const jumps: (readonly number[])[] = [];
  const listeners: ((tool: Tool) => void)[] = [];
  let tool: Tool = "window";
  const setTool = (next: Tool): void => {
    tool = next;
    listeners.forEach((listener) => { listener(next); });
  };
  const heard: { name: string; detail: unknown }[] = [];
  const names = ["hounsfield:tools", "hounsfield:drawn", "hounsfield:drawing", "hounsfield:refused", "hounsfield:saving"] as const;
  names.forEach((name) => { hear(name, (detail: Messages[typeof name]) => { heard.push({ name, detail }); }, target); });
  new AskedMasks({
    masks,
    show: (viewport) => {
      shown.push(viewport);
      return { image, timepoint: 0 };
    },
    jump: (_, voxel) => { jumps.push(voxel); },
    tool: () => tool,
    setTool,
    onTool: (listener) => { listeners.push(listener); },
    refocus: () => undefined,
  }, target);
  tell("hounsfield:annotations", { annotations: [{ ...ASKED, ...asked }] }, target);
  const told = (name: string): unknown[] => heard.filter((each) => each.name === name).map(({ detail }) => detail);
  return { masks, target, told, shown, jumps, setTool, tool: () => tool };
}

describe("questions that a mask answers", () => {
  it("say that masks can be painted, and again when asked", () => {
    const { target, told } = setUp();
    tell("hounsfield:hello", {}, target);
    expect(told("hounsfield:tools")).toEqual([{ kinds: ["MASK"] }, { kinds: ["MASK"] }]);
  });

  it("get a mask of their own, with their labels, in their viewport", () => {
    const { masks, target, told, shown, tool } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    const [mask] = masks.all;
    expect(shown).toEqual(["secondary"]);
    expect(mask?.question).toBe("q1");
    expect(mask?.segments).toEqual([{ value: 2, name: "Solid", color: "#00ff00", visible: true, locked: false }]);
    expect(tool()).toBe("brush");
    expect(told("hounsfield:drawing")).toEqual([{ key: "q1" }]);
    tell("hounsfield:draw", { key: "q1" }, target);
    expect(masks.all).toHaveLength(1);
  });

  it("are found again where they were painted", () => {
    const { masks, target, jumps } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    const mask = masks.all[0]!;
    const edit = masks.begin(mask, "everything");
    edit.run(1, 3, 4, 2);
    masks.commit(mask, edit, "Painted");
    tell("hounsfield:jump", { key: "q1", index: 0 }, target);
    expect(jumps).toEqual([[3, 0, 1]]);
  });

  it("are answered once the site has what was painted", () => {
    const { masks, target, told } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    const mask = masks.all[0]!;
    masks.choose(mask);
    expect(told("hounsfield:drawn")).toEqual([]);
    const edit = masks.begin(mask, "everything");
    edit.run(0, 3, 6, 2);
    masks.commit(mask, edit, "Painted");
    masks.mark(mask, "waiting");
    expect(told("hounsfield:drawn")).toEqual([]);
    expect(told("hounsfield:saving")).toEqual([{ key: "q1", saving: true }]);
    masks.mark(mask, "saved");
    masks.choose(mask);
    expect(told("hounsfield:drawn")).toEqual([{ key: "q1", value: { mask: mask.id }, how: "drawn" }]);
    expect(told("hounsfield:saving").at(-1)).toEqual({ key: "q1", saving: false });
  });

  it("are told again of a mask that the site has and the panel does not", () => {
    const { masks, target, told } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    const mask = masks.all[0]!;
    const edit = masks.begin(mask, "everything");
    edit.run(0, 3, 6, 2);
    masks.commit(mask, edit, "Painted");
    masks.mark(mask, "waiting");
    masks.mark(mask, "saved");
    masks.choose(mask);
    tell("hounsfield:stop", { key: "q1" }, target);
    tell("hounsfield:annotations", { annotations: [ASKED] }, target);
    tell("hounsfield:draw", { key: "q1" }, target);
    expect(told("hounsfield:drawn")).toHaveLength(2);
    tell("hounsfield:annotations", { annotations: [{ ...ASKED, value: { mask: mask.id } }] }, target);
    tell("hounsfield:draw", { key: "q1" }, target);
    expect(told("hounsfield:drawn")).toHaveLength(2);
  });

  it("are not answered by a mask on which nothing is left", () => {
    const { masks, target, told } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    const mask = masks.all[0]!;
    for (const label of [2, 0]) {
      const edit = masks.begin(mask, "everything");
      edit.run(0, 3, 6, label);
      masks.commit(mask, edit, "Painted");
    }
    masks.mark(mask, "waiting");
    masks.mark(mask, "saved");
    masks.choose(mask);
    expect(told("hounsfield:drawn")).toEqual([{ key: "q1", value: null, how: "deleted" }]);
  });

  it("give the tool from before back, and wait while another is used", () => {
    const { target, told, setTool, tool } = setUp();
    tell("hounsfield:draw", { key: "q1" }, target);
    setTool("eraser");
    expect(told("hounsfield:drawing")).toHaveLength(1);
    tell("hounsfield:stop", { key: "q1" }, target);
    expect(tool()).toBe("window");
    tell("hounsfield:draw", { key: "q1" }, target);
    setTool("pan");
    expect(told("hounsfield:drawing").at(-1)).toEqual({ key: null });
    expect(tool()).toBe("pan");
  });

  it("are only looked at where they are locked", () => {
    const { masks, target, told } = setUp({ locked: true });
    tell("hounsfield:draw", { key: "q1" }, target);
    expect(masks.all).toEqual([]);
    expect(told("hounsfield:refused")).toEqual([{ key: "q1", reason: "This answer can only be looked at." }]);
  });

  it("leave questions of other kinds alone", () => {
    const { masks, target, told } = setUp({ kind: "DIST" });
    tell("hounsfield:draw", { key: "q1" }, target);
    expect(masks.all).toEqual([]);
    expect(told("hounsfield:drawing")).toEqual([]);
  });
});
