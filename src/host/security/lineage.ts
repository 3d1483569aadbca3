/**
 * Where the values in contexts come from, followed through the events of a run: which keys went into the value under a key, however
 * often it was renamed, computed with or merged. The kernel tells for one write at a time what it was made of; this adds them up.
 * Immutable data, kept in checkpoints beside the state.
 *
 * In doubt a key has more sources rather than fewer. What only decided which way a program went is no source, and an answer of the
 * host has none: a capability that is given a value and gives it back has vouched for it.
 */
import type { Event } from '../../evaluator/event.ts';
import { MapValue } from '../../value/map.ts';
import { Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { Isolation } from '../port.ts';
import { ISOLATIONS } from './runtime-context.ts';

/** By key: the keys that went into its value. */
type Sources = ReadonlyMap<string, ReadonlySet<string>>;

export interface Lineage {
  /** The steps that are open, and how much they see of the run. */
  readonly steps: ReadonlyMap<string, Isolation>;
  /** By the id of the context. Only what has sources. */
  readonly sources: ReadonlyMap<string, Sources>;
}

export function emptyLineage(): Lineage {
  return { steps: new Map(), sources: new Map() };
}

/** How little of the run a step sees: the strictest of it and the steps around it. */
export function isolationAt({ steps }: Lineage, step: string): Isolation {
  let found: Isolation = 'inherit';
  for (const id of outward(step)) {
    const level = steps.get(id) ?? 'inherit';
    if (ISOLATIONS.indexOf(level) > ISOLATIONS.indexOf(found)) found = level;
  }
  return found;
}

/** The step and those around it. */
function outward(step: string): readonly string[] {
  const ids: string[] = [];
  for (let at = step; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) ids.push(at);
  return ids;
}

function isWithin(id: string, step: string): boolean {
  return id === step || id.startsWith(`${step}/`);
}

/** The keys that went into what is visible under the key from the step, sorted. */
export function sourcesSeen({ sources }: Lineage, step: string, key: string): readonly string[] {
  return sorted(outward(step).map((id) => sources.get(id)?.get(key)));
}

/** The keys that a call's arguments were made of, with all that went into those, sorted. */
export function originsWithin({ sources }: Lineage, origins: readonly { readonly key: string; readonly context: string }[]): readonly string[] {
  return sorted(origins.flatMap(({ key, context }) => [new Set([key]), sources.get(context)?.get(key)]));
}

/** The keys that went into the values that a merge brings: those in the step itself and in its branches. */
export function sourcesMerged({ sources }: Lineage, step: string, key: string): readonly string[] {
  return sorted([...sources].map(([id, keys]) => (isWithin(id, step) ? keys.get(key) : undefined)));
}

function sorted(sets: readonly (ReadonlySet<string> | undefined)[]): readonly string[] {
  return [...new Set(sets.flatMap((set) => [...(set ?? [])]))].sort();
}

/** A lineage that events are added to; owned by whoever made it. */
export class Tracing implements Lineage {
  readonly steps: Map<string, Isolation>;
  readonly sources: Map<string, Sources>;

  constructor(from: Lineage) {
    this.steps = new Map(from.steps);
    this.sources = new Map(from.sources);
  }

  follow(event: Event): void {
    switch (event.kind) {
      case 'step-started':
        this.steps.set(event.step, event.isolation);
        return;
      case 'context-set':
        return this.setSources(event.step, keyName(event.key), originsWithin(this, event.derivedFrom));
      case 'merged':
        return this.merge(event);
      case 'step-completed':
      case 'pass-completed':
        this.steps.delete(event.step);
        return this.forget(this.sources, event.step);
      case 'step-failed':
      case 'pass-failed':
      case 'branch-failed':
      case 'branch-cancelled':
        // Steps inside need not have told that they ended.
        this.forget(this.steps, event.step);
        return this.forget(this.sources, event.step);
      default:
    }
  }

  private merge({ step, into, added, overwritten, merged }: Extract<Event, { kind: 'merged' }>): void {
    const moves = [...added, ...overwritten].map((key) => [keyName(key), sourcesMerged(this, step, keyName(key))] as const);
    // Of two values that became one, both are in it.
    const mixes = merged.map((key) => [keyName(key), [...sourcesSeen(this, into, keyName(key)), ...sourcesMerged(this, step, keyName(key))]] as const);
    for (const [key, names] of [...moves, ...mixes]) this.setSources(into, key, names);
  }

  private setSources(context: string, key: string, names: readonly string[]): void {
    const before = this.sources.get(context);
    if (names.length === 0 && before?.has(key) !== true) return;
    const keys = new Map(before ?? []);
    if (names.length === 0) keys.delete(key);
    else keys.set(key, new Set(names));
    this.sources.set(context, keys);
  }

  /** Contexts end with their steps. */
  private forget(map: Map<string, unknown>, step: string): void {
    for (const id of [...map.keys()]) if (isWithin(id, step)) map.delete(id);
  }
}

/** What has become of the lineage with the events. */
export function followEvents(lineage: Lineage, events: readonly Event[]): Lineage {
  const tracing = new Tracing(lineage);
  for (const event of events) tracing.follow(event);
  return { steps: tracing.steps, sources: tracing.sources };
}

export function keyName(key: Value): string {
  return key instanceof Keyword ? key.name : '';
}

// ── as a value ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `{:steps {"root/a" :sandboxed} :sources {"root/a" {:b ["token"]}}}`. */
export function lineageValue({ steps, sources }: Lineage): MapValue {
  const keysValue = (keys: Sources): MapValue => MapValue.from([...keys].map(([key, names]) => [keyword(key), Vector.adopt([...names].sort())] as const));
  return MapValue.of(
    keyword('steps'), MapValue.from([...steps].map(([id, level]) => [id, keyword(level)] as const)),
    keyword('sources'), MapValue.from([...sources].map(([id, keys]) => [id, keysValue(keys)] as const)),
  );
}

/** Null for what is no such value. */
export function readLineage(value: Value): Lineage | null {
  const [steps, sources] = ['steps', 'sources'].map((name) => (value instanceof MapValue ? value.get(keyword(name)) : undefined));
  if (!(steps instanceof MapValue) || !(sources instanceof MapValue)) return null;
  const levels = new Map<string, Isolation>();
  for (const [id, level] of steps) {
    const found = ISOLATIONS.find((one) => level instanceof Keyword && level.name === one);
    if (typeof id !== 'string' || found === undefined) return null;
    levels.set(id, found);
  }
  const contexts = new Map<string, Sources>();
  for (const [id, keys] of sources) {
    const read = readKeys(keys);
    if (typeof id !== 'string' || read === null) return null;
    contexts.set(id, read);
  }
  return { steps: levels, sources: contexts };
}

function readKeys(value: Value): Sources | null {
  if (!(value instanceof MapValue)) return null;
  const keys = new Map<string, ReadonlySet<string>>();
  for (const [key, names] of value) {
    if (!(key instanceof Keyword) || !(names instanceof Vector)) return null;
    const texts = names.toArray().filter((name) => typeof name === 'string');
    if (texts.length !== names.size) return null;
    keys.set(key.name, new Set(texts));
  }
  return keys;
}
