/** A cache bounded by bytes that forgets what was used longest ago. */
export class LruCache<Key, Value> {
  private readonly entries = new Map<Key, { value: Value; bytes: number }>();
  private held = 0;
  private readonly budget: number;

  constructor(budgetBytes: number) {
    this.budget = budgetBytes;
  }

  get bytes(): number {
    return this.held;
  }

  get count(): number {
    return this.entries.size;
  }

  /** Reads and marks as just used. */
  get(key: Key): Value | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /** Reads without marking, for questions such as "is it loaded?". */
  peek(key: Key): Value | undefined {
    return this.entries.get(key)?.value;
  }

  /** Stores and forgets the oldest until the budget holds; the new entry itself always stays. */
  set(key: Key, value: Value, bytes: number): void {
    this.delete(key);
    this.entries.set(key, { value, bytes });
    this.held += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.budget || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    this.held -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
    this.held = 0;
  }
}
