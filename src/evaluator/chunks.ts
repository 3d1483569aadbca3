/**
 * States as differences: a state is written as chunks (`value/chunk-format.ts`), and the next one only as those that the
 * first did not have.
 *
 * The text of a state is its snapshot's value (`snapshot.ts`), with these vectors as records, so that only contexts can
 * hold values that are fetched later: 0 the state, 1 a fiber, 2 the contexts of a fiber, 3 a context, 4 a join, 5 its
 * branches. Frames and contexts are runs: each run of 8 frames, and each context, begins with a reference to what is
 * below, so that what is below is written once.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { type ChunkDecodeOptions, type ChunkFault, type Decoded, decodeChunks } from '../value/chunk-decode.ts';
import { encodeChunks } from '../value/chunk-encode.ts';
import type { Chunk } from '../value/chunk-format.ts';
import { ChunkMemory, type KnownStore } from '../value/chunk-memory.ts';
import { VECTOR } from '../value/bytes-tags.ts';
import type { RecordPart } from '../value/chunk-build.ts';
import { CELLS } from '../value/chunk-elements.ts';
import { type DataSizes, MapStretch } from '../value/chunk-entries.ts';
import { type HeadWriter, type Part, RecordStretch, RunStretch, Stretch } from '../value/chunk-stretch.ts';
import { MapValue } from '../value/map.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Code, CodeTable } from './code.ts';
import { type Context, contextsFrom } from './context.ts';
import { contextParts, fiberParts, frameValue, joinParts, readState, stateParts } from './snapshot.ts';
import type { Fiber, Frame, Join, State } from './state.ts';
import { valueBytes } from './steps.ts';
import { storedValue, withFetched } from './fetching.ts';
import { Stored } from './stored.ts';
import { type Sources, sourcesValue } from './tracking.ts';
import { Malformed } from './well-formed.ts';

const STATE = 0;
const FIBER = 1;
const CONTEXTS = 2;
const CONTEXT = 3;
const JOIN = 4;
const BRANCHES = 5;

/** Places among the parts of a fiber, a state, a join and a context. */
const AT = { fiber: 4, variables: 5, contexts: 6, frames: 7, join: 9, variableSources: 18, branches: 5, data: 4, base: 7, seen: 8 } as const;

/** Values of contexts that are larger can be fetched later. */
const STORED_MIN_BYTES = 1024;
/** The bytes of longer strings are remembered. */
const LONG_TEXT = 256;

function partOf(kind: number, index: number): RecordPart {
  switch (kind) {
    case STATE:
      return index === AT.fiber ? FIBER : 'value';
    case FIBER:
      return index === AT.contexts ? CONTEXTS : index === AT.join ? JOIN : 'value';
    case CONTEXTS:
      return CONTEXT;
    case CONTEXT:
      return index === AT.data || index === AT.base || index === AT.seen ? 'data' : 'value';
    case JOIN:
      return index === AT.branches ? BRANCHES : 'value';
    case BRANCHES:
      return FIBER;
    default:
      return 'value';
  }
}

export interface Checkpoint {
  /** The name of the chunk that the state begins with: 64 hexadecimal digits. */
  readonly root: string;
  /** Those that this chunker has not handed out before, children before what refers to them. */
  readonly chunks: readonly Chunk[];
}

/** The bytes of the chunk of that name, null when there is none. */
export type ReadChunk = (hash: string) => Uint8Array | null;

export interface RestoreOptions {
  /** Whether large values of contexts are left where they are, until `resume` asks for them. */
  readonly lazy?: boolean;
  /** Those of which the documents have so many bytes; 65,536 unless given, and at least 1,024. */
  readonly lazyMinBytes?: number;
}

const LAZY_MIN_BYTES = 65_536;

/**
 * Writes states as chunks, and knows which ones it has handed out or read. Whoever loses some of these, or throws some
 * away, goes on with a new chunker. The states of one run are best written by one chunker.
 */
export class Chunker {
  private readonly memory = new ChunkMemory();
  private readonly variables = new Differences<Value>((value) => value);
  private readonly sources = new Differences<Sources>((sources) => this.sourcesOf(sources));
  private readonly data: DataSizes = {
    min: STORED_MIN_BYTES,
    nameOf: (value) => ((value as unknown) instanceof Stored ? (value as unknown as Stored).hash : null),
    bytesOf: (value) => (typeof value === 'string' && value.length > LONG_TEXT ? this.memory.textBytes(value, valueBytes) : valueBytes(value)),
  };
  private readonly sourceValues = new WeakMap<Sources, Value>();

  /** Takes time and gives bytes in proportion to what is new in the state. */
  checkpoint(state: State): Checkpoint {
    return encodeChunks(() => this.state(state), this.memory);
  }

  /**
   * The state whose checkpoint has that root, with its code found in `table`. `read` gives the bytes of a chunk, null when
   * there is none; bytes that do not fit their name are refused, as is all that `restore` would refuse.
   */
  restore(root: string, read: ReadChunk, table: CodeTable, options: RestoreOptions = {}): Result<State, ChunkFault> {
    const { lazy = false, lazyMinBytes = LAZY_MIN_BYTES } = options;
    const away = new Map<string, Stored>();
    const stay = (hash: string, bytes: number): Value | null => {
      if (bytes < lazyMinBytes) return null;
      const known = away.get(hash);
      const stored = known === undefined || known.bytes !== bytes ? storedValue(hash, bytes) : known;
      away.set(hash, stored);
      return stored as unknown as Value;
    };
    const decoded = this.decode(root, STATE, read, table, lazy ? stay : undefined);
    if (!decoded.ok) return decoded;
    const { value, stored } = decoded.value;
    try {
      const state = readState(value, table);
      if (stored.some((one) => valueBytes(one.value) !== one.bytes)) return refused('a value has another size than is told');
      this.noteFiber(state.main, (value as Vector).get(AT.fiber) as Vector, decoded.value);
      return { ok: true, value: state };
    } catch (thrown) {
      if (thrown instanceof Malformed) return refused(`the chunks are no state: ${thrown.message}`);
      throw thrown;
    }
  }

  /** The state with these values in it, read as in `restore`: what the outcome `requires-values` asked for. */
  provide(state: State, values: readonly Stored[], read: ReadChunk): Result<State, ChunkFault> {
    const fetched = new Map<string, Value>();
    for (const { hash, bytes } of values) {
      const decoded = this.decode(hash, null, read, state.table, undefined);
      if (!decoded.ok) return decoded;
      const { value } = decoded.value;
      if (valueBytes(value) !== bytes) return refused('a value has another size than is told');
      fetched.set(hash, value);
    }
    return { ok: true, value: withFetched(state, fetched) };
  }

  private decode(root: string, kind: number | null, read: ReadChunk, table: CodeTable, away: ChunkDecodeOptions['away']): Result<Decoded, ChunkFault> {
    const missing = new Set<string>();
    const decoded = decodeChunks(root, {
      read,
      memory: this.memory,
      records: { root: kind, partOf },
      ...(away === undefined ? {} : { away }),
      resolveCode: (group, unit) => {
        const code = table.find(group, unit);
        if (code === null) missing.add(group);
        return code;
      },
      captureCount: (code) => (code as Code).captureCount,
      // What only the library may name is never a value: its arguments are not checked.
      knowsPrimitive: (name) => !name.startsWith('%') && table.primitives.get(name) !== null,
    });
    return decoded.ok || missing.size === 0 ? decoded : refused(`the code ${[...missing].join(', ')} is missing`);
  }

  // --- states to text ------------------------------------------------------------------------------------------------

  private state(state: State): Stretch {
    const parts = stateParts({ ...state, main: hollow(state.main) }) as Part[];
    parts[AT.fiber] = this.fiber(state.main);
    return new RecordStretch(STATE, parts.length, parts);
  }

  private fiber(fiber: Fiber): Stretch {
    const parts = fiberParts(hollow(fiber)) as Part[];
    parts[AT.variables] = this.variables.mapOf(fiber.variables);
    parts[AT.contexts] = new RecordStretch(CONTEXTS, fiber.context.depth - fiber.rootDepth + 1, [this.contexts(fiber.context, fiber.rootDepth)]);
    parts[AT.frames] = fiber.frame === null ? Vector.empty() : new VectorStretch(fiber.frame.depth, this.frames(fiber.frame));
    if (fiber.join !== null) parts[AT.join] = this.join(fiber, fiber.join);
    if (fiber.variableSources !== null) parts[AT.variableSources] = this.sources.mapOf(fiber.variableSources);
    return new RecordStretch(FIBER, parts.length, parts);
  }

  private join(fiber: Fiber, join: Join): Stretch {
    const parts = joinParts(fiber, { ...join, branches: [hollow(join.branches[0]!)] }) as Part[];
    const branches = join.branches.map((branch) => new RunStretch(this.memory, branch, () => [this.fiber(branch)]));
    parts[AT.branches] = new RecordStretch(BRANCHES, branches.length, branches, { grouped: true });
    return new RecordStretch(JOIN, parts.length, parts);
  }

  private contexts(context: Context, rootDepth: number): Stretch {
    return new RunStretch(this.memory, context, () => {
      const parts: Part[] = contextParts(context);
      parts[AT.data] = new MapStretch(context.data, this.memory, this.data);
      parts[AT.base] = new MapStretch(context.base, this.memory, this.data);
      if (context.seen !== null) parts[AT.seen] = new MapStretch(context.seen, this.memory, this.data);
      const record = new RecordStretch(CONTEXT, parts.length, parts);
      return context.depth > rootDepth ? [this.contexts(context.parent!, rootDepth), record] : [record];
    });
  }

  /** The frames up to this one, the oldest first. */
  private frames(frame: Frame): Stretch {
    return new RunStretch(this.memory, frame, () => {
      const parts: Part[] = [frameValue(frame)];
      let below = frame.parent;
      for (; below !== null && below.depth % CELLS !== 0; below = below.parent) parts.push(frameValue(below));
      if (below !== null) parts.push(this.frames(below));
      return parts.reverse();
    });
  }

  private sourcesOf(sources: Sources): Value {
    let value = this.sourceValues.get(sources);
    if (value === undefined) this.sourceValues.set(sources, (value = sourcesValue(sources)));
    return value;
  }

  // --- what is known of a state that was read ------------------------------------------------------------------------

  private noteFiber(fiber: Fiber, parts: Vector, decoded: Decoded): void {
    const { runs } = this.memory;
    this.variables.note(fiber.variables, parts.get(AT.variables) as MapValue);
    const contexts = prefixes(decoded, parts.get(AT.contexts) as Vector);
    for (const context of contextsFrom(fiber.context, fiber.rootDepth)) note(runs, context, contexts.get(context.depth - fiber.rootDepth + 1));
    const frames = prefixes(decoded, parts.get(AT.frames) as Vector);
    if (frames.size > 0) for (let at = fiber.frame; at !== null; at = at.parent) note(runs, at, frames.get(at.depth));
    if (fiber.join === null) return;
    const branches = (parts.get(AT.join) as Vector).get(AT.branches) as Vector;
    for (const { start, count, hash } of decoded.spans.get(branches) ?? []) if (count === 1) note(runs, fiber.join.branches[start]!, hash);
    fiber.join.branches.forEach((branch, at) => this.noteFiber(branch, branches.get(at) as Vector, decoded));
  }
}

function note(runs: KnownStore, key: object, hash: string | undefined): void {
  if (hash !== undefined) runs.set(key, hash);
}

/** By how many elements from the beginning on they hold: the chunks that a sequence begins with. */
function prefixes(decoded: Decoded, sequence: Vector): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { start, count, hash } of decoded.spans.get(sequence) ?? []) if (start === 0) found.set(count, hash);
  return found;
}

/** The fiber without what is written by parts. */
function hollow(fiber: Fiber): Fiber {
  return { ...fiber, variables: NOTHING, rootDepth: Number.POSITIVE_INFINITY, frame: null, join: null, variableSources: null };
}

const NOTHING: ReadonlyMap<string, Value> = new Map<string, Value>();

function refused(message: string): { readonly ok: false; readonly error: ChunkFault } {
  return { ok: false, error: { message } };
}

/** A vector whose elements are one run. */
class VectorStretch extends Stretch {
  private readonly size: number;
  private run: Stretch | undefined;

  constructor(size: number, run: Stretch) {
    super();
    this.size = size;
    this.run = run;
  }

  override head(out: HeadWriter): void {
    out.sized(VECTOR, this.size);
  }

  override next(): Part | undefined {
    const { run } = this;
    this.run = undefined;
    return run;
  }
}

/** JavaScript maps as maps of the language, each made from the one before, so that what is the same stays in the same node. */
class Differences<T> {
  private readonly known = new WeakMap<ReadonlyMap<string, T>, MapValue>();
  private readonly valueOf: (item: T) => Value;
  private last: MapValue = MapValue.empty();

  constructor(valueOf: (item: T) => Value) {
    this.valueOf = valueOf;
  }

  mapOf(source: ReadonlyMap<string, T>): MapValue {
    const known = this.known.get(source);
    if (known !== undefined) return known;
    let map = this.last;
    for (const [name, item] of source) map = map.set(name, this.valueOf(item));
    if (map.size > source.size) for (const name of map.keys()) if (!source.has(name as string)) map = map.delete(name);
    this.note(source, map);
    return map;
  }

  note(source: ReadonlyMap<string, T>, map: MapValue): void {
    this.known.set(source, map);
    this.last = map;
  }
}
