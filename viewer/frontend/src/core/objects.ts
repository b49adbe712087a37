/** The same object without some of its fields. */
export function without<T extends object, Key extends PropertyKey>(object: T, ...keys: readonly Key[]): Omit<T, Key> {
  const left: readonly PropertyKey[] = keys;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !left.includes(key))) as Omit<T, Key>;
}
