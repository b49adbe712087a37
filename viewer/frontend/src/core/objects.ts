/** The same object without some of its fields. */
export function without<T extends object, Key extends PropertyKey>(object: T, ...keys: readonly Key[]): Omit<T, Key> {
  const left: readonly PropertyKey[] = keys;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !left.includes(key))) as Omit<T, Key>;
}

/** Whether two plain values (as from JSON) say the same; the order of fields says nothing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((part, index) => sameJson(part, b[index]));
  }
  const [ours, theirs] = [Object.entries(a), new Map(Object.entries(b))];
  return ours.length === theirs.size && ours.every(([key, part]) => theirs.has(key) && sameJson(part, theirs.get(key)));
}
