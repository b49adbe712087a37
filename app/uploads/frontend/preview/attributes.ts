/** What the portal does with each attribute when it imports; made from the table that it uses. */
import made from "./attributes.json";

export type Fate = "removed" | "replaced" | "kept";

type Row = [name: string, vr: string, action: string, options?: Record<string, string>];

const ROWS = made.attributes as unknown as Record<string, Row>;
const REPEATING = made.repeating as Record<string, string>;
const KEPT = new Set(["K", "N"]);

export interface Attribute {
  name: string;
  /** Empty where nobody knows: private attributes of files that do not say it. */
  vr: string;
  fate: Fate;
}

/** Describe an attribute by its tag ("00100010") under the options of a profile. */
export function attributeOf(tag: string, options: readonly string[] = []): Attribute {
  if (isPrivate(tag)) return { name: "Private attribute", vr: "", fate: "removed" };
  const row = ROWS[tag];
  if (!row) return { name: repeatingName(tag), vr: "", fate: "removed" };
  const [name, vr, action, other = {}] = row;
  const chosen = new Set(options.map((option) => other[option]).filter(Boolean));
  if (chosen.has("C")) return { name, vr, fate: "replaced" };
  if (chosen.has("K")) return { name, vr, fate: "kept" };
  return { name, vr, fate: fateOf(action) };
}

/** Odd groups belong to manufacturers, who write into them what they like. */
export function isPrivate(tag: string): boolean {
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
}

function fateOf(action: string): Fate {
  if (KEPT.has(action)) return "kept";
  return action === "" || action === "X" ? "removed" : "replaced";
}

function repeatingName(tag: string): string {
  if (tag.endsWith("0000")) return "Group Length";
  const group = tag.slice(0, 2);
  return REPEATING[`${group}xx${tag.slice(4)}`] ?? REPEATING[`${group}xxxxxx`] ?? "Unknown attribute";
}
