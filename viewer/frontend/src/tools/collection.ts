/** Several objects in one value, as algorithms give them: each is shown and edited as its own tool would. */

import { LISTS, type MultipleKind, type SingleValue, kindOf, withItem } from "./values";
import { spread } from "./many";
import type { ToolDefinition } from "./tool";

interface Placed {
  readonly value: SingleValue;
  readonly tool: ToolDefinition;
  /** Place in the list, and of its first handle among all. */
  readonly place: number;
  readonly first: number;
}

export function collectionTool(toolOf: (value: SingleValue) => ToolDefinition | null): ToolDefinition {
  const placed = (value: Parameters<typeof spread>[0]): readonly Placed[] => {
    let first = 0;
    return spread(value).flatMap((item, place) => {
      const tool = toolOf(item);
      if (!tool) return [];
      const entry = { value: item, tool, place, first };
      first += tool.handles(item).length;
      return [entry];
    });
  };
  return {
    id: "collection",
    kind: "MPOI",
    takes: { by: "path", least: Infinity, closed: false },
    make: () => null,
    fits: (value) => Object.hasOwn(LISTS, kindOf(value)),
    handles: (value) => placed(value).flatMap(({ tool, value: item }) => tool.handles(item)),
    moved(value, index, to, facing) {
      const found = placed(value).find(({ tool, value: item, first }) => index >= first && index < first + tool.handles(item).length);
      if (!found) return value;
      const moved = found.tool.moved(found.value, index - found.first, to, facing);
      return withItem(value, LISTS[kindOf(value) as MultipleKind], found.place, moved as SingleValue);
    },
    paths: (value) => placed(value).flatMap(({ tool, value: item }) => tool.paths(item)),
    figures: (value) => [{ name: "Objects", value: spread(value).length, unit: "" }],
  };
}
