/**
 * What was used last, to be quicker: whatever is held here can be made again, and is forgotten at any time. Bounded in number and in size,
 * so that no client can fill the server.
 */
export interface RecentLimits {
  readonly entries: number;
  /** Of all keys together, in UTF-16 code units. */
  readonly size: number;
}

export class Recent<Held> {
  private readonly limits: RecentLimits;
  /** The one used last at the end. */
  private readonly held = new Map<string, Held>();
  private size = 0;

  constructor(limits: RecentLimits) {
    this.limits = limits;
  }

  get(key: string): Held | undefined {
    const found = this.held.get(key);
    if (found === undefined) return undefined;
    this.held.delete(key);
    this.held.set(key, found);
    return found;
  }

  set(key: string, value: Held): void {
    if (!this.held.delete(key)) this.size += key.length;
    this.held.set(key, value);
    for (const oldest of this.held.keys()) {
      if (this.held.size <= this.limits.entries && this.size <= this.limits.size) return;
      this.held.delete(oldest);
      this.size -= oldest.length;
    }
  }
}
