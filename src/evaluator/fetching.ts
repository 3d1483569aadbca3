/** States with values that lie in a store: which there are, and giving them back. See `stored.ts`. */
import type { MapValue } from '../value/map.ts';
import type { Value } from '../value/value.ts';
import type { Context } from './context.ts';
import { fiberLike } from './fiber.ts';
import { exposedContext } from './kernel.ts';
import type { Fiber, State } from './state.ts';
import { knownBytes } from './steps.ts';
import { Stored, Unfetched } from './stored.ts';

/** What stands for the value of that chunk. */
export function storedValue(hash: string, bytes: number): Stored {
  const stored = new Stored(hash, bytes);
  knownBytes.set(stored, bytes);
  return stored;
}

/** What `exposedContext` needs and is not here. */
export function storedForCall(state: State, callId: string): readonly Stored[] {
  try {
    exposedContext(state, callId);
    return [];
  } catch (thrown) {
    if (thrown instanceof Unfetched) return thrown.values;
    throw thrown;
  }
}

/** All that is not here: a state has no snapshot before it is. */
export function storedValues(state: State): readonly Stored[] {
  const found = new Set<Stored>();
  new Contexts((map) => {
    map.forEach((value) => {
      if ((value as unknown) instanceof Stored) found.add(value as unknown as Stored);
    });
    return map;
  }).fiber(state.main);
  return [...found];
}

/** The state with values, by the names of their chunks, in the place of what stood for them. */
export function withFetched(state: State, values: ReadonlyMap<string, Value>): State {
  const contexts = new Contexts((map) => {
    let changed = map;
    map.forEach((value, key) => {
      const fetched = (value as unknown) instanceof Stored ? values.get((value as unknown as Stored).hash) : undefined;
      if (fetched !== undefined) changed = changed.set(key, fetched);
    });
    return changed;
  });
  return { ...state, main: contexts.fiber(state.main) };
}

/** The contexts of a tree of fibers with their data changed; what was one object stays one. */
class Contexts {
  private readonly change: (map: MapValue) => MapValue;
  private readonly maps = new Map<MapValue, MapValue>();
  private readonly contexts = new Map<Context, Context>();

  constructor(change: (map: MapValue) => MapValue) {
    this.change = change;
  }

  fiber(fiber: Fiber): Fiber {
    const { context, join } = fiber;
    const next = fiberLike(fiber);
    next.context = this.context(context);
    if (join !== null) next.join = { ...join, branches: join.branches.map((branch) => this.fiber(branch)) };
    return next;
  }

  private context(innermost: Context): Context {
    const chain: Context[] = [];
    let at: Context | null = innermost;
    for (; at !== null && !this.contexts.has(at); at = at.parent) chain.push(at);
    let parent = at === null ? null : this.contexts.get(at)!;
    for (let next = chain.pop(); next !== undefined; next = chain.pop()) {
      const [data, base, seen] = [this.map(next.data), this.map(next.base), next.seen === null ? null : this.map(next.seen)];
      const isSame = data === next.data && base === next.base && seen === next.seen && parent === next.parent;
      const changed: Context = isSame ? next : { ...next, data, base, seen, parent };
      this.contexts.set(next, changed);
      parent = changed;
    }
    return parent!;
  }

  private map(map: MapValue): MapValue {
    let changed = this.maps.get(map);
    if (changed === undefined) this.maps.set(map, (changed = this.change(map)));
    return changed;
  }
}
