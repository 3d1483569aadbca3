/**
 * A map by identity or primitive, as the engine has it, but without its limit: a JavaScript `Map` throws at 2^24
 * entries. No value is ever `undefined`, and nothing is deleted.
 */
const ENTRIES_MAX = 16_000_000;

export class LargeMap<K, V> {
  private current = new Map<K, V>();
  private readonly full: Map<K, V>[] = [];
  private readonly entriesMax: number;

  constructor(entriesMax: number = ENTRIES_MAX) {
    this.entriesMax = entriesMax;
  }

  get(key: K): V | undefined {
    const found = this.current.get(key);
    return found !== undefined || this.full.length === 0 ? found : this.getOld(key);
  }

  set(key: K, value: V): void {
    if (this.current.size >= this.entriesMax) {
      this.full.push(this.current);
      this.current = new Map();
    }
    this.current.set(key, value);
  }

  /** The newest entry of the key counts. */
  private getOld(key: K): V | undefined {
    for (let i = this.full.length - 1; i >= 0; i--) {
      const found = this.full[i]!.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
