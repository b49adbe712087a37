import { describe, expect, it } from "vitest";
import { COMMANDS, GROUPS, commandFor, keyOf } from "../../viewer/frontend/src/panels/commands";
import { toolFor } from "../../viewer/frontend/src/panels/pointer";
import type { MouseButton, Tool } from "../../viewer/frontend/src/state/workspace";

describe("keys", () => {
  it("do one thing each", () => {
    const keys = COMMANDS.flatMap((command) => command.keys);
    expect(keys.filter((key, place) => keys.indexOf(key) !== place)).toEqual([]);
  });

  it("are all in the help: under a heading, or beside a key that is", () => {
    for (const group of GROUPS) {
      expect(COMMANDS.some((command) => command.group === group && command.shown && command.meaning)).toBe(true);
    }
    const silent = COMMANDS.filter(({ shown }) => !shown).flatMap(({ keys }) => keys);
    expect(silent).toEqual(["2", "3", "4", "5", "6", "7", "8", "9", "shift+arrowup", "shift+arrowdown", "shift+arrowleft", "shift+arrowright"]);
  });

  it("tell Shift with a letter or a named key, not with signs that need it on some keyboards", () => {
    expect(keyOf({ key: "E", shiftKey: true })).toBe("shift+e");
    expect(keyOf({ key: "e", shiftKey: false })).toBe("e");
    expect(keyOf({ key: "ArrowUp", shiftKey: true })).toBe("shift+arrowup");
    expect(keyOf({ key: "?", shiftKey: true })).toBe("?");
    expect(keyOf({ key: "7", shiftKey: true })).toBe("7");
    expect(keyOf({ key: " ", shiftKey: false })).toBe(" ");
  });

  it("that scroll stay with a slider, and those that press stay with a button", () => {
    expect(["arrowup", "pagedown", "home", "shift+arrowleft"].every((key) => commandFor(key)?.moves)).toBe(true);
    expect([" ", "enter"].every((key) => commandFor(key)?.presses)).toBe(true);
    expect(commandFor("w")?.moves ?? commandFor("w")?.presses).toBeUndefined();
  });
});

describe("a drag", () => {
  const tools: Record<MouseButton, Tool> = { left: "scroll", middle: "pan", right: "zoom" };
  const held = (button: number, keys: { shiftKey?: boolean; ctrlKey?: boolean } = {}): Tool =>
    toolFor({ button, shiftKey: false, ctrlKey: false, ...keys }, tools);

  it("does what its button holds", () => {
    expect([held(0), held(1), held(2)]).toEqual(["scroll", "pan", "zoom"]);
  });

  it("moves with Shift and zooms with Ctrl, whatever the left button holds", () => {
    expect(held(0, { shiftKey: true })).toBe("pan");
    expect(held(0, { ctrlKey: true })).toBe("zoom");
    expect(held(2, { shiftKey: true })).toBe("zoom");
  });

  it("takes a pen's eraser for the left button", () => {
    expect(held(5)).toBe("scroll");
  });
});
