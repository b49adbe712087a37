/** Which of thousands of files are looked into: the first of every folder. */

export const MOST_FOLDERS = 20;

export interface Picked<T> {
  item: T;
  path: string;
  /** How many files the folder has, this one included. */
  files: number;
}

export function firstOfEachFolder<T>(items: readonly T[], pathOf: (item: T) => string): Picked<T>[] {
  const folders = new Map<string, Picked<T>>();
  for (const item of items) {
    const path = pathOf(item);
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    const known = folders.get(folder);
    if (known) known.files += 1;
    else folders.set(folder, { item, path, files: 1 });
  }
  return [...folders.values()];
}
