import { beforeEach, describe, expect, it } from "vitest";
import { type AskedAnnotation, type Messages, hear, tell } from "../../viewer/frontend/src/core/reading-messages";
import type { LayerMeta, Vec3 } from "../../viewer/frontend/src/core/meta";
import { Annotations } from "../../viewer/frontend/src/state/annotations";
import { AskedTools } from "../../viewer/frontend/src/state/asked";
import { Drawing, type Ground } from "../../viewer/frontend/src/state/drawing";
import { History } from "../../viewer/frontend/src/state/history";
import type { Workspace } from "../../viewer/frontend/src/state/workspace";
import { VERSION } from "../../viewer/frontend/src/tools/values";
import { layerMeta } from "./layers";

/** The part of a workspace that has no pictures. */
class Desk {
  readonly history = new History();
  readonly annotations = new Annotations(this.history);
  readonly drawing = new Drawing((drawn) => { this.annotations.draw(drawn); });
  readonly images = [{ meta: layerMeta(), index: 0 }];
  active: { layer: { meta: LayerMeta; index: number } | undefined } = { layer: this.images[0] };
  state = { tools: { left: "window" } };
  activated: number[] = [];
  private readonly listeners: [string, (state: unknown) => void][] = [];
  on(name: string, listener: (state: unknown) => void): void { this.listeners.push([name, listener]); }
  say(name: string): void { this.listeners.forEach(([own, listener]) => { if (own === name) listener(this.state); }); }
  activate(pane: number): void { this.activated.push(pane); }
  setTool(_button: string, left: string): void {
    this.state = { tools: { left } };
    this.say("change");
  }
}

const GROUND: Ground = { pane: 0, image: layerMeta().image, timepoint: 0, facing: { normal: [0, 0, -1], up: [0, -1, 0] } };
const POINT = (x: number) => ({ type: "Point", version: VERSION, point: [x, 0, 0] as Vec3 }) as const;

function asked(changes: Partial<AskedAnnotation> = {}): AskedAnnotation {
  return { key: "q1", kind: "MPOI", label: "Every nodule", color: "#00ff00", viewport: "", value: null, locked: false, segments: [], ...changes };
}

let desk: Desk;
let panel: EventTarget;
let told: [string, unknown][];

beforeEach(() => {
  desk = new Desk();
  panel = new EventTarget();
  told = [];
  for (const name of ["hounsfield:tools", "hounsfield:drawn", "hounsfield:drawing", "hounsfield:refused"] as const) {
    hear(name, (detail: Messages[typeof name]) => { told.push([name.slice(11), detail]); }, panel);
  }
  new AskedTools({ workspace: desk as unknown as Workspace, paneOf: (viewport) => (viewport === "secondary" ? 1 : null), refocus: () => undefined, target: panel });
});

describe("questions beside the picture", () => {
  it("are told what can be drawn, at once and when they ask", () => {
    tell("hounsfield:hello", {}, panel);
    expect(told).toHaveLength(2);
    expect(told[0]).toEqual(["tools", { kinds: expect.arrayContaining(["2DBB", "MELL", "3ANG", "LINE"]) as unknown }]);
  });

  it("are drawn on the image where they lie, whichever is looked at", () => {
    const far = { meta: layerMeta({ image: "image-2", origin: [4900, -120, 30] }), index: 1 };
    desk.images.push(far);
    const value = { type: "Multiple points", version: VERSION, points: [{ point: [5000, 0, 60] }, { point: [5010, 0, 60] }] };
    tell("hounsfield:annotations", { annotations: [asked({ value })] }, panel);
    expect(desk.annotations.marksOf("q1").map(({ image }) => image)).toEqual(["image-2", "image-2"]);
    // On both: the one that is looked at; on none: the same.
    far.meta = layerMeta({ image: "image-2" });
    tell("hounsfield:annotations", { annotations: [asked({ key: "q2", value: { ...value, points: [{ point: [0, 0, 60] }, { point: [9000, 0, 0] }] } })] }, panel);
    expect(desk.annotations.marksOf("q2").map(({ image }) => image)).toEqual(["image-1", "image-1"]);
  });

  it("that came before the images are drawn on them once they are known", () => {
    const [image] = desk.images.splice(0);
    desk.active = { layer: undefined };
    tell("hounsfield:annotations", { annotations: [asked({ kind: "POIN", value: POINT(0) })] }, panel);
    desk.images.push(image!);
    desk.active = { layer: image };
    desk.say("described");
    expect(desk.annotations.marksOf("q1").map((mark) => mark.image)).toEqual(["image-1"]);
    // A line that breaks describes them again: what was drawn since stays.
    const [mark] = desk.annotations.marksOf("q1");
    desk.annotations.change(mark!.id, { value: POINT(5) });
    desk.say("described");
    expect(desk.annotations.marksOf("q1").map((each) => each.value)).toEqual([POINT(5)]);
  });

  it("get the whole value with every mark, undone and redone as well", () => {
    tell("hounsfield:annotations", { annotations: [asked({ viewport: "secondary" })] }, panel);
    tell("hounsfield:draw", { key: "q1" }, panel);
    expect(desk.state.tools.left).toBe("point");
    expect(desk.activated).toEqual([1]);
    desk.drawing.place("point", GROUND, [1, 0, 0]);
    desk.drawing.place("point", GROUND, [2, 0, 0]);
    desk.history.undo();
    desk.history.redo();
    tell("hounsfield:erase", { key: "q1", index: 0 }, panel);
    const drawn = told.filter(([name]) => name === "drawn").map(([, detail]) => detail as Messages["hounsfield:drawn"]);
    expect(drawn.map(({ how, value }) => [how, (value as { points: unknown[] } | null)?.points.length])).toEqual([["drawn", 1], ["drawn", 2], ["undone", 1], ["redone", 2], ["deleted", 1]]);
    expect(drawn.at(-1)?.value).toEqual({ type: "Multiple points", version: VERSION, points: [{ point: [2, 0, 0] }] });
    tell("hounsfield:erase", { key: "q1", index: null }, panel);
    expect(told.at(-1)).toEqual(["drawn", { key: "q1", value: null, how: "deleted" }]);
  });

  it("show what was answered before as marks that can be edited, in whatever order of fields it comes back", () => {
    const value = { points: [{ point: [1, 0, 0] }, { point: [2, 0, 0] }], type: "Multiple points", version: { minor: 0, major: 1 } };
    tell("hounsfield:annotations", { annotations: [asked({ value })] }, panel);
    const before = desk.annotations.marksOf("q1");
    expect(before.map(({ value: each, editable, color }) => [each, editable, color])).toEqual([[POINT(1), true, "#00ff00"], [POINT(2), true, "#00ff00"]]);
    tell("hounsfield:annotations", { annotations: [asked({ value: { ...value, version: { major: 1, minor: 0 } } })] }, panel);
    expect(desk.annotations.marksOf("q1").map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    tell("hounsfield:annotations", { annotations: [] }, panel);
    expect(desk.annotations.all).toEqual([]);
  });

  it("keep objects that are the same apart: one is deleted, the other stays", () => {
    const value = { type: "Multiple points", version: VERSION, points: [1, 1].map((x) => ({ point: [x, 0, 0] as Vec3 })) };
    for (let time = 0; time < 2; time += 1) tell("hounsfield:annotations", { annotations: [asked({ value })] }, panel);
    tell("hounsfield:erase", { key: "q1", index: 0 }, panel);
    expect(desk.annotations.marksOf("q1")).toHaveLength(1);
    expect(told.at(-1)).toMatchObject(["drawn", { key: "q1", value: { points: [{ point: [1, 0, 0] }] } }]);
  });

  it("cannot be drawn where they are locked", () => {
    tell("hounsfield:annotations", { annotations: [asked({ locked: true, value: { type: "Multiple points", version: VERSION, points: [{ point: [1, 0, 0] }] } })] }, panel);
    tell("hounsfield:draw", { key: "q1" }, panel);
    expect(told.at(-1)?.[0]).toBe("refused");
    const [mark] = desk.annotations.marksOf("q1");
    desk.annotations.remove(mark!.id);
    expect(desk.annotations.marksOf("q1")).toHaveLength(1);
  });

  it("give the tool from before back, and wait when the reader takes another one", () => {
    tell("hounsfield:annotations", { annotations: [asked()] }, panel);
    tell("hounsfield:draw", { key: "q1" }, panel);
    tell("hounsfield:stop", { key: "q1" }, panel);
    expect(desk.state.tools.left).toBe("window");
    tell("hounsfield:draw", { key: "q1" }, panel);
    desk.setTool("left", "probe"); // a point, too
    expect(desk.annotations.asked?.id).toBe("q1");
    desk.setTool("left", "zoom");
    expect(told.at(-1)).toEqual(["drawing", { key: null }]);
    expect(desk.annotations.asked).toBeNull();
  });
});
