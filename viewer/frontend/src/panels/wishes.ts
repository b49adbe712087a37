/** What a study or a reader wants of the page: parts left out, and keys of their own. */

import type { ViewerSettings } from "../core/arrangement";
import { COMMANDS, type Command } from "./commands";

export type Part =
  | "image_info_plugin"
  | "display_plugin"
  | "image_switcher_plugin"
  | "overlay_plugin"
  | "swivel_tool"
  | "invert_tool"
  | "flip_tool"
  | "window_level_tool"
  | "reset_tool"
  | "lut_selection_tool";

export function isLeftOut(settings: Partial<ViewerSettings>, part: Part): boolean {
  return settings[`show_${part}`] === false;
}

/** As people write what a command does: letters and digits, the rest is not looked at. */
function wordsOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** `Ctrl+Shift+K` and `shift K` as `keyOf` writes keys; keys with Ctrl, Alt or Meta are the browser's. */
function keyIn(text: string): string | null {
  const parts = text.toLowerCase().split(/[+\s]+/).filter(Boolean);
  const key = parts.pop() ?? "";
  if (key === "" || parts.some((part) => part !== "shift")) return null;
  return parts.length > 0 ? `shift+${key}` : key;
}

/** An action is named by the help's words for it, or by their beginning. Unknown ones are left out. */
export function boundCommands(settings: Partial<ViewerSettings>): ReadonlyMap<string, Command> {
  const bound = new Map<string, Command>();
  for (const { key, action } of settings.key_bindings ?? []) {
    const wanted = wordsOf(action);
    const named = COMMANDS.filter(({ meaning }) => meaning !== "");
    const command = named.find(({ meaning }) => wordsOf(meaning) === wanted) ?? named.find(({ meaning }) => wordsOf(meaning).startsWith(`${wanted} `));
    const pressed = keyIn(key);
    if (command && pressed !== null && wanted !== "") bound.set(pressed, command);
  }
  return bound;
}
