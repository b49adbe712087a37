/** One value of many objects from values of one, and back: marks are drawn one by one, questions may want them together. */

import { without } from "../core/objects";
import {
  type GeometryKind,
  type GeometryValue,
  LISTS,
  MANY_OF,
  type MultipleKind,
  type MultipleValue,
  type SingleKind,
  type SingleValue,
  VERSION,
  kindOf,
  typeOf,
} from "./values";

function isMultiple(kind: GeometryKind): kind is MultipleKind {
  return Object.hasOwn(LISTS, kind);
}

/** Whether a value can answer a question of a kind, alone or as one of many. */
export function fitsKind(value: GeometryValue, kind: GeometryKind): boolean {
  const own = kindOf(value);
  return own === kind || (!isMultiple(own) && MANY_OF[own] === kind);
}

/** The objects of a value as values of one. */
export function spread(value: GeometryValue): readonly SingleValue[] {
  const kind = kindOf(value);
  if (!isMultiple(kind)) return [value as SingleValue];
  const single = (Object.keys(MANY_OF) as SingleKind[]).find((one) => MANY_OF[one] === kind) as SingleKind;
  const items = (value as unknown as Readonly<Record<string, readonly object[]>>)[LISTS[kind]] ?? [];
  return items.map((item) => ({ ...item, type: typeOf(single), version: VERSION }) as unknown as SingleValue);
}

/** Values of one kind, or of many of that kind, as one value of many. */
export function gathered(kind: MultipleKind, values: readonly GeometryValue[]): MultipleValue {
  const items = values.flatMap(spread).map((value) => without(value, "version", "type"));
  return { type: typeOf(kind), version: VERSION, [LISTS[kind]]: items } as unknown as MultipleValue;
}

/** What a question of a kind is answered with; null where nothing is marked. */
export function answerValue(kind: GeometryKind, values: readonly GeometryValue[]): GeometryValue | null {
  const fitting = values.filter((value) => fitsKind(value, kind));
  if (fitting.length === 0) return null;
  return isMultiple(kind) ? gathered(kind, fitting) : (fitting.at(-1) ?? null);
}
