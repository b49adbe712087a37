/** Questions that a mask answers (`core/reading-messages`): which mask is painted for them, told once the site has it. */

import { COLORS } from "./annotations";
import type { Layer } from "../core/layer";
import type { Vec3 } from "../core/meta";
import { middleOf } from "../core/masks/middle";
import { type MaskTool, isMaskTool } from "../core/masks/tools";
import { type AskedAnnotation, type MaskValue, hear, tell } from "../core/reading-messages";
import type { Mask, MaskSegment } from "./mask";
import type { Masks } from "./masks";
import type { Tool } from "./workspace-state";

const KIND = "MASK";
const FIRST_TOOL: MaskTool = "brush";

/** The part of the workspace that is needed. */
export interface MaskDesk {
  readonly masks: Masks;
  /** The image on which a question of this viewport is painted, shown in the active pane; null: there is none. */
  show(viewport: string): { readonly image: Layer; readonly timepoint: number } | null;
  tool(): Tool;
  setTool(tool: Tool): void;
  /** Moves a pane that shows the image to a voxel of it. */
  jump(image: Layer, voxel: Vec3): void;
  onTool(listener: (tool: Tool) => void): void;
  refocus(): void;
}

export class AskedMasks {
  private readonly desk: MaskDesk;
  private readonly target: EventTarget;
  private asked: readonly AskedAnnotation[] = [];
  private drawing: string | null = null;
  private before: Tool | null = null;
  /** Masks that were painted on and that the panel has not heard of since, and whether they are on their way. */
  private readonly untold = new Map<string, boolean>();

  constructor(desk: MaskDesk, target: EventTarget = window) {
    this.desk = desk;
    this.target = target;
    hear("hounsfield:hello", () => { this.greet(); }, target);
    hear("hounsfield:annotations", ({ annotations }) => { this.asked = annotations.filter(({ kind }) => kind === KIND); }, target);
    hear("hounsfield:draw", ({ key }) => { this.draw(key); }, target);
    hear("hounsfield:stop", ({ key }) => { if (this.drawing === key) this.stop(); }, target);
    hear("hounsfield:jump", ({ key }) => { this.jump(key); }, target);
    hear("hounsfield:erase", ({ key }) => { this.erase(key); }, target);
    desk.masks.on("edited", ({ mask, slices }) => {
      const matters = slices.length > 0 || mask.layer.withdrawn;
      if (mask.question === null || !matters) return;
      this.untold.set(mask.id, mask.saving !== "saved");
      tell("hounsfield:saving", { key: mask.question, saving: true }, this.target);
    });
    desk.masks.on("change", () => { this.tellWhatIsKept(); });
    desk.onTool((tool) => { this.follow(tool); });
    this.greet();
  }

  private greet(): void {
    tell("hounsfield:tools", { kinds: [KIND] }, this.target);
  }

  private draw(key: string): void {
    const entry = this.asked.find((each) => each.key === key);
    if (!entry) return;
    const place = entry.locked ? null : this.desk.show(entry.viewport);
    const mask = this.maskOf(entry);
    if (!mask && !place) {
      const reason = entry.locked ? "This answer can only be looked at." : "There is no image to paint on.";
      tell("hounsfield:refused", { key, reason }, this.target);
      return;
    }
    const about = { question: key, name: entry.label.slice(0, 200), timepoint: place?.timepoint ?? 0 };
    this.desk.masks.choose(mask ?? this.desk.masks.create((place as { image: Layer }).image, about, segmentsOf(entry)));
    this.before ??= this.desk.tool();
    this.drawing = key;
    this.desk.setTool(FIRST_TOOL);
    this.desk.refocus();
    tell("hounsfield:drawing", { key }, this.target);
    // The site may have a mask whose answer was lost on the way.
    if (mask?.saving === "saved" && entry.value === null && !this.untold.has(mask.id)) this.tellOf(mask, key);
  }

  private stop(): void {
    const { before } = this;
    this.before = null;
    this.drawing = null;
    if (before) this.desk.setTool(before);
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  /** Another tool than those of masks was taken: the question waits. */
  private follow(tool: Tool): void {
    if (this.drawing === null || isMaskTool(tool)) return;
    this.before = null;
    this.drawing = null;
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  private jump(key: string): void {
    const entry = this.asked.find((each) => each.key === key);
    const mask = entry && this.maskOf(entry);
    const value = mask?.map.labels[0];
    const voxel = mask && value !== undefined ? middleOf(mask.map, value) : null;
    if (mask && voxel) this.desk.jump(mask.image, voxel);
  }

  private erase(key: string): void {
    const entry = this.asked.find((each) => each.key === key);
    const mask = entry && this.maskOf(entry);
    if (mask?.editable) this.desk.masks.remove(mask);
  }

  /** The answer names a mask of the site, so it is told when that has what was painted. */
  private tellWhatIsKept(): void {
    for (const [id, underWay] of this.untold) {
      const mask = this.desk.masks.get(id);
      const key = mask?.question ?? null;
      if (!mask || key === null) continue;
      if (mask.saving !== "saved") this.untold.set(id, true);
      if (mask.saving !== "saved" || !underWay) continue;
      this.untold.delete(id);
      this.tellOf(mask, key);
      tell("hounsfield:saving", { key, saving: false }, this.target);
    }
  }

  /** Nothing painted is no answer. */
  private tellOf(mask: Mask, key: string): void {
    const gone = mask.layer.withdrawn || mask.map.labels.length === 0;
    const value: MaskValue | null = gone ? null : { mask: mask.id };
    tell("hounsfield:drawn", { key, value, how: gone ? "deleted" : "drawn" }, this.target);
  }

  private maskOf({ key, value }: AskedAnnotation): Mask | null {
    const named = (value as MaskValue | null)?.mask;
    const known = named === undefined ? undefined : this.desk.masks.get(named);
    const found = known ?? this.desk.masks.all.find((each) => each.mine && each.question === key);
    return found && !found.layer.withdrawn ? found : null;
  }
}

function segmentsOf({ segments, color, label }: AskedAnnotation): readonly MaskSegment[] {
  const named = segments.filter(({ voxel_value: value }) => value > 0);
  if (named.length === 0) return [{ value: 1, name: label.slice(0, 100), color: color || COLORS[0], visible: true, locked: false }];
  return named.map(({ voxel_value: value, name, visible, color: own }, place) => ({
    value,
    name,
    visible,
    color: own ?? (place === 0 && color ? color : (COLORS[place % COLORS.length] as string)),
    locked: false,
  }));
}
