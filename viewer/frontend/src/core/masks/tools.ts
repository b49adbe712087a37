/** The tools of segmentation, and what they can be set to. */

export const MASK_TOOLS = [
  "brush", "eraser", "threshold-brush", "scissors", "rectangle-scissors", "circle-scissors", "fill", "grow",
] as const;
export type MaskTool = (typeof MASK_TOOLS)[number];

/** Tools that paint along the way of the pointer. */
export type BrushTool = "brush" | "eraser" | "threshold-brush";
/** Tools that cut along an outline. */
export type ScissorsTool = "scissors" | "rectangle-scissors" | "circle-scissors";

export function isMaskTool(tool: string): tool is MaskTool {
  return (MASK_TOOLS as readonly string[]).includes(tool);
}

export function isBrush(tool: string): tool is BrushTool {
  return tool === "brush" || tool === "eraser" || tool === "threshold-brush";
}

export function isScissors(tool: string): tool is ScissorsTool {
  return tool === "scissors" || tool === "rectangle-scissors" || tool === "circle-scissors";
}

export type Cut = "fill" | "erase inside" | "erase outside";
export type Depth = "plane" | "volume";

export interface MaskSettings {
  /** Of brushes, millimetres. */
  readonly radius: number;
  /** Brushes paint a ball, or a disk in the plane that is shown. */
  readonly ball: boolean;
  /** What brushes may paint over: everything that is not locked, or nothing that is labeled already. */
  readonly over: "everything" | "background";
  /** Values of the image that the threshold brush paints, ends included. */
  readonly range: readonly [low: number, high: number];
  /** What scissors do with what they cut out. */
  readonly cut: Cut;
  /** How far scissors, fill and growing reach. */
  readonly depth: Depth;
  /** Growing takes values that differ by so much from the one that was pointed at. */
  readonly tolerance: number;
  /** Growing stays within so many millimetres; null: wherever it comes to. */
  readonly within: number | null;
}

export const SMALLEST_RADIUS = 0.1;
export const LARGEST_RADIUS = 200;

export function limitedRadius(radius: number): number {
  return Math.min(LARGEST_RADIUS, Math.max(SMALLEST_RADIUS, radius));
}
