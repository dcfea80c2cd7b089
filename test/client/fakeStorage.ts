/** A Storage in memory that can be told to refuse. */
export class FakeStorage implements Storage {
  readonly items = new Map<string, string>();
  /** Operations that throw. */
  readonly broken = new Set<'getItem' | 'setItem' | 'removeItem' | 'key'>();
  [name: string]: unknown;

  get length(): number {
    return this.items.size;
  }
  getItem(key: string): string | null {
    this.#check('getItem');
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#check('setItem');
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.#check('removeItem');
    this.items.delete(key);
  }
  key(at: number): string | null {
    this.#check('key');
    return [...this.items.keys()][at] ?? null;
  }
  clear(): void {
    this.items.clear();
  }
  #check(operation: 'getItem' | 'setItem' | 'removeItem' | 'key'): void {
    if (this.broken.has(operation)) throw new DOMException(`${operation} refused`, 'QuotaExceededError');
  }
}
