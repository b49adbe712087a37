/**
 * Questions that are answered by a mask (`core/reading-messages`). The mask is painted and saved like any other; the panel
 * hears of it once the site has it, and makes it the answer by its id.
 */

import { type AskedAnnotation, type MaskValue as MaskAnswer, hear, tell } from "../core/reading-messages";
import { voxelToWorld } from "../core/geometry";
import { isMaskTool } from "../core/masks/tools";
import { middleOf } from "../core/masks/middle";
import { spareColor } from "../core/palette";
import { type Mask, type MaskSegment, atOwnTimepoint, newSegment } from "./masks";
import type { Workspace } from "./workspace";
import type { Tool } from "./workspace-state";

export const ASKED_MASK = "MASK";

export interface AskedMasksOptions {
  readonly workspace: Workspace;
  /** The pane that shows what hangs in a named viewport; null when there is none. */
  readonly paneOf: (viewport: string) => number | null;
  readonly refocus: () => void;
  readonly target?: EventTarget;
}

export class AskedMasks {
  private readonly workspace: Workspace;
  private readonly options: AskedMasksOptions;
  private readonly target: EventTarget;
  private asked: readonly AskedAnnotation[] = [];
  /** The question whose mask is painted, and what the left button held before. */
  private painting: { readonly key: string; readonly before: Tool } | null = null;
  /** Questions by the id of their mask. */
  private readonly keys = new Map<string, string>();

  constructor(options: AskedMasksOptions) {
    const { workspace, target = window } = options;
    this.workspace = workspace;
    this.options = options;
    this.target = target;
    hear("hounsfield:annotations", ({ annotations }) => { this.take(annotations); }, target);
    hear("hounsfield:draw", ({ key }) => { this.draw(key); }, target);
    hear("hounsfield:stop", ({ key }) => { if (this.painting?.key === key) this.stop(); }, target);
    hear("hounsfield:jump", ({ key }) => { this.jump(key); }, target);
    hear("hounsfield:erase", ({ key }) => { this.erase(key); }, target);
    workspace.masks.on("kept", (mask) => { this.tellOf(mask); });
    workspace.on("change", ({ tools }) => { this.follow(tools.left); });
  }

  private find(key: string): AskedAnnotation | undefined {
    return this.asked.find((each) => each.key === key);
  }

  private take(list: readonly AskedAnnotation[]): void {
    this.asked = list.filter(({ kind }) => kind === ASKED_MASK);
    for (const { key, value } of this.asked) {
      const { mask } = (value ?? {}) as MaskAnswer;
      if (mask) this.keys.set(mask, key);
    }
  }

  private maskOf(key: string): Mask | undefined {
    return this.workspace.masks.all.find(({ id, question }) => this.keys.get(id) === key || question === key);
  }

  private draw(key: string): void {
    const { workspace, target } = this;
    const entry = this.find(key);
    if (!entry) return;
    const pane = entry.viewport ? this.options.paneOf(entry.viewport) : null;
    if (pane !== null) workspace.activate(pane);
    const { layer, state } = workspace.active;
    const refusal = entry.locked ? "This answer can only be looked at." : layer ? "" : "There is no image to paint on in this pane.";
    if (refusal || !layer) {
      tell("hounsfield:refused", { key, reason: refusal }, target);
      return;
    }
    const timepoint = atOwnTimepoint(layer, state);
    const mask = this.maskOf(key) ?? workspace.masks.create(layer, { name: entry.label, question: key, timepoint }, segmentsOf(entry));
    this.keys.set(mask.id, key);
    workspace.masks.choose(mask);
    const before = this.painting?.before ?? workspace.state.tools.left;
    this.painting = { key, before };
    if (!isMaskTool(workspace.state.tools.left)) workspace.setTool("left", "brush");
    this.options.refocus();
    tell("hounsfield:drawing", { key }, target);
  }

  private stop(): void {
    const { painting, workspace } = this;
    this.painting = null;
    workspace.maskHand.cancel();
    if (painting) workspace.setTool("left", painting.before);
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  /** Another tool was taken: the question waits. */
  private follow(tool: Tool): void {
    if (!this.painting || isMaskTool(tool)) return;
    this.painting = null;
    tell("hounsfield:drawing", { key: null }, this.target);
  }

  private jump(key: string): void {
    const mask = this.maskOf(key);
    const value = mask?.map.labels[0];
    const voxel = mask && value !== undefined ? middleOf(mask.map, value) : null;
    const pane = this.workspace.visible.find(({ layer }) => layer === mask?.image);
    if (!mask || !voxel || !pane) return;
    this.workspace.activate(pane.id);
    pane.moveTo(voxelToWorld(mask.image.meta, voxel));
  }

  private erase(key: string): void {
    const mask = this.maskOf(key);
    if (mask && this.find(key)?.locked === false) this.workspace.masks.remove(mask);
  }

  private tellOf(mask: Mask): void {
    const key = this.keys.get(mask.id) ?? mask.question;
    if (key === null || !this.find(key)) return;
    const gone = mask.layer.withdrawn || mask.map.labels.length === 0;
    const value: MaskAnswer | null = gone ? null : { mask: mask.id };
    tell("hounsfield:drawn", { key, value, how: gone ? "deleted" : "edited" }, this.target);
  }
}

/** A question without segments asks for one of value 1. */
function segmentsOf({ segments, label, color }: AskedAnnotation): readonly MaskSegment[] {
  if (segments.length === 0) return [{ ...newSegment([]), name: label || "Segment 1", ...(color ? { color } : {}) }];
  return segments
    .filter(({ voxel_value: value }) => value > 0)
    .map(({ voxel_value: value, name, color: own, visible }) => ({ value, name, visible, locked: false, color: own ?? spareColor(value) }));
}
