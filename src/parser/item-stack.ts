/**
 * What is gathered at several depths at once: the items of the outermost first, and whoever is complete takes its own from
 * the end, in an array that fits. (One that grows keeps room for sixteen items more than the three of a usual list.)
 */
export class ItemStack<T> {
  size = 0;
  /** What lies behind `size` is left over. */
  private readonly items: T[] = [];

  push(item: T): void {
    this.items[this.size++] = item;
  }

  /** Below `size`. */
  at(index: number): T {
    return this.items[index]!;
  }

  /** All items from `start` on, which are then gone from here. */
  take(start: number): T[] {
    const taken = copy(this.items, start, this.size);
    this.size = start;
    return taken;
  }
}

/**
 * Short copies are literals: the engine makes them without a call, and when it sees that what comes from one of them lives
 * long, it makes it at once where nobody moves it any more. What `slice` gives is moved twice.
 */
function copy<T>(items: readonly T[], start: number, end: number): T[] {
  switch (end - start) {
    case 0:
      return [];
    case 1:
      return [items[start]!];
    case 2:
      return [items[start]!, items[start + 1]!];
    case 3:
      return [items[start]!, items[start + 1]!, items[start + 2]!];
    case 4:
      return [items[start]!, items[start + 1]!, items[start + 2]!, items[start + 3]!];
    case 5:
      return [items[start]!, items[start + 1]!, items[start + 2]!, items[start + 3]!, items[start + 4]!];
    case 6:
      return [items[start]!, items[start + 1]!, items[start + 2]!, items[start + 3]!, items[start + 4]!, items[start + 5]!];
    default:
      return items.slice(start, end);
  }
}
