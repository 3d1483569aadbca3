/**
 * A tree of contexts as bytes and back: version 1.
 *
 *   tree        = the canonical document (`value/bytes.ts`) of one vector:
 *     ["rtfs/contexts" 1 current contexts checkpoints]
 *   current     = the id of the current context
 *   contexts    = a map from id to [mode isolation data entered view]
 *   checkpoints = a map from label (string) to [current contexts]
 *   mode        = :step, :parallel or :block; isolation = :inherit, :isolated or :sandboxed
 *   data        = a map with keywords for keys
 *   entered     = a map from name (string) to how often it was entered there
 *   view        = nil, or the list of the data of the contexts around it at its entry, the nearest first
 *
 * B1  What follows from the rest is not written: parents and depths follow from ids, children and sizes are counted
 *     anew. So nothing in the bytes can contradict itself, and the limits are those of the reader.
 * B2  Bytes from outside are not trusted: any bytes give a tree that moves could have made, or a diagnostic. What is
 *     accepted is written again as the same bytes.
 * B3  A part that many contexts or checkpoints share is looked at once, so reading is linear in the bytes, but for the
 *     sizes, which are bounded by the limit of the reader.
 */
import { decodeValue, encodeValue } from '../value/bytes.ts';
import type { DecodeOptions } from '../value/bytes-decode.ts';
import { List } from '../value/list.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { SetValue } from '../value/set.ts';
import { isInteger, Keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { CONTEXT_ID_LENGTH_MAX, type Isolation } from './context.ts';
import { depthOf, placeOf, ROOT_ID } from './context-id.ts';
import { entrySizeBytes, type Mode, type Node, nodeAt, rowOf, viewSize } from './context-node.ts';
import { type ContextTree, DEFAULT_TREE_LIMITS, failure, type TreeLimits, type TreeResult } from './context-tree.ts';
import { Malformed, malformed, mapOf, oneOf, text, vectorOf } from './well-formed.ts';

const MAGIC = 'rtfs/contexts';
export const CONTEXT_TREE_VERSION = 1;

export interface DeserializeOptions {
  readonly limits?: Partial<TreeLimits>;
  /** How functions are found, as in `restore`. Without it bytes with functions of a program are refused. */
  readonly decode?: DecodeOptions;
}

export function serialize(tree: ContextTree): Uint8Array {
  const checkpoints = mapValues(tree.checkpoints, (kept) => Vector.of((kept as Vector).get(0)!, stored((kept as Vector).get(1) as MapValue)));
  return encodeValue(Vector.of(MAGIC, CONTEXT_TREE_VERSION, tree.current, stored(tree.contexts), checkpoints));
}

/** Rows without what follows from the rest. */
function stored(contexts: MapValue): MapValue {
  return mapValues(contexts, (row) => (row as Vector).slice(0, ROW_STORED));
}

const ROW_STORED = 5;

function mapValues(map: MapValue, change: (value: Value) => Value): MapValue {
  return MapValue.fromSorted(map.keys(), map.values().map(change));
}

// --- back ----------------------------------------------------------------------------------------------------------

export function deserialize(bytes: Uint8Array, options: DeserializeOptions = {}): TreeResult<ContextTree> {
  // What only the library may name is never a value.
  const decoded = decodeValue(bytes, { knowsPrimitive: (name) => !name.startsWith('%'), ...options.decode });
  if (!decoded.ok) return failure('damaged', `the contexts are damaged at byte ${decoded.error.offset}: ${decoded.error.message}`);
  try {
    return { ok: true, value: new Reader({ ...DEFAULT_TREE_LIMITS, ...options.limits }).read(decoded.value) };
  } catch (thrown) {
    if (thrown instanceof Malformed) return failure('damaged', `the bytes are no contexts: ${thrown.message}`);
    throw thrown;
  }
}

type Contexts = Pick<ContextTree, 'contexts' | 'sizeBytes'>;

/** Reads one tree. The decoder gives one object for equal parts, so what has been looked at is known by identity. */
class Reader {
  private readonly limits: TreeLimits;
  private readonly contextsRead = new Map<MapValue, Contexts>();
  private readonly dataRead = new Set<MapValue>();
  private readonly viewsRead = new Set<List>();
  private readonly sizes = new Map<MapValue, number>();
  private readonly entrySizes = new Map<Value, Map<Value, number>>();

  constructor(limits: TreeLimits) {
    this.limits = limits;
  }

  read(value: Value): ContextTree {
    const parts = vectorOf(value, 'tree');
    if (parts[0] !== MAGIC) malformed('they do not begin like some');
    if (parts[1] !== CONTEXT_TREE_VERSION) malformed(`they have another format version than ${CONTEXT_TREE_VERSION}`);
    if (parts.length !== 5) malformed('they have another number of parts');
    const contexts = this.contexts(parts[3]!);
    const checkpoints: Entry[] = [...mapOf(parts[4]!, 'checkpoints')].map(([label, kept]) => [text(label, 'label'), this.checkpoint(kept)]);
    return { kind: 'context-tree', current: current(parts[2]!, contexts), ...contexts, checkpoints: MapValue.from(checkpoints), limits: this.limits };
  }

  private checkpoint(value: Value): Value {
    const parts = vectorOf(value, 'checkpoint');
    if (parts.length !== 2) malformed('a checkpoint has another number of parts');
    const contexts = this.contexts(parts[1]!);
    return Vector.of(current(parts[0]!, contexts), contexts.contexts, contexts.sizeBytes);
  }

  private contexts(value: Value): Contexts {
    const source = mapOf(value, 'contexts');
    const known = this.contextsRead.get(source);
    if (known !== undefined) return known;
    const nodes = new Map<string, Node>();
    let sizeBytes = 0;
    source.forEach((row, id) => {
      const node = this.node(text(id, 'id'), row);
      nodes.set(id as string, node);
      sizeBytes += node.sizeBytes;
      this.limitSize(sizeBytes);
    });
    const read: Contexts = { contexts: joined(nodes), sizeBytes };
    this.contextsRead.set(source, read);
    return read;
  }

  private node(id: string, row: Value): Node {
    if (id.length > CONTEXT_ID_LENGTH_MAX) malformed(`an id is longer than ${CONTEXT_ID_LENGTH_MAX} characters`);
    if (depthOf(id) > this.limits.maxDepth) malformed(`there are more than ${this.limits.maxDepth} contexts below one another`);
    const parts = vectorOf(row, 'context');
    if (parts.length !== ROW_STORED) malformed('a context has another number of parts');
    const data = this.data(parts[2]!);
    return {
      mode: oneOf<Mode>(parts[0]!, ['step', 'parallel', 'block'], 'mode'),
      isolation: oneOf<Isolation>(parts[1]!, ['inherit', 'isolated', 'sandboxed'], 'isolation'),
      data,
      entered: entered(parts[3]!),
      view: parts[4] === null ? null : this.view(parts[4]!),
      children: SetValue.empty(),
      sizeBytes: this.dataSize(data),
    };
  }

  private data(value: Value): MapValue {
    const data = mapOf(value, 'data');
    if (this.dataRead.has(data)) return data;
    data.forEach((_item, key) => {
      if (!(key instanceof Keyword)) malformed('a key of the data is no keyword');
    });
    this.dataRead.add(data);
    return data;
  }

  private view(value: Value): List {
    if (!(value instanceof List)) return malformed('a view is no list');
    if (this.viewsRead.has(value)) return value;
    if (value.size >= this.limits.maxDepth) malformed('a view is longer than contexts are deep');
    for (const data of value) this.data(data);
    this.viewsRead.add(value);
    return value;
  }

  private dataSize(data: MapValue): number {
    const known = this.sizes.get(data);
    if (known !== undefined) return known;
    let sum = 0;
    data.forEach((value, key) => {
      sum += this.entrySize(key, value);
      this.limitSize(sum);
    });
    this.sizes.set(data, sum);
    return sum;
  }

  private entrySize(key: Value, value: Value): number {
    let ofKey = this.entrySizes.get(value);
    if (ofKey === undefined) this.entrySizes.set(value, (ofKey = new Map()));
    const size = ofKey.get(key) ?? entrySizeBytes(key, value);
    ofKey.set(key, size);
    return size;
  }

  private limitSize(sizeBytes: number): void {
    if (sizeBytes > this.limits.maxContextBytes) malformed(`the data is more than ${this.limits.maxContextBytes} bytes`);
  }
}

/** The rows, with each context counted by its parent, if they fit together. `nodes` are in canonical order: parents first. */
function joined(nodes: ReadonlyMap<string, Node>): MapValue {
  const children = new Map<string, string[]>();
  for (const id of nodes.keys()) {
    const parent = parentOf(nodes, id);
    if (parent === null) continue;
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [id]);
    else known.push(id);
  }
  const rows = [...nodes].map(([id, node]): Entry => [id, rowOf({ ...node, children: SetValue.from(children.get(id) ?? []) })]);
  const contexts = MapValue.from(rows);
  for (const [id, node] of nodes) checkView(contexts, id, node);
  return contexts;
}

/** Null for the root. */
function parentOf(nodes: ReadonlyMap<string, Node>, id: string): string | null {
  if (id === ROOT_ID) return null;
  const place = placeOf(id) ?? malformed('an id is no path');
  const parent = nodes.get(place.parent) ?? malformed('a context has no parent');
  const times = (parent.entered.get(place.name) as number | undefined) ?? 0;
  return place.occurrence < times ? place.parent : malformed('a context was never entered');
}

function checkView(contexts: MapValue, id: string, { mode, isolation, view }: Node): void {
  const place = placeOf(id);
  if (place === null && (mode !== 'step' || isolation !== 'inherit' || view !== null)) malformed('the root is no root');
  if (mode === 'block' && isolation !== 'isolated') malformed('an isolated block is not isolated');
  if (isolation === 'isolated' && view === null) malformed('an isolated context has no view');
  if (place !== null && view !== null && view.size !== viewSize(contexts, place.parent)) malformed('a view does not fit the contexts around it');
}

function current(value: Value, { contexts }: Contexts): string {
  const id = text(value, 'current context');
  return nodeAt(contexts, id) === undefined ? malformed('the current context does not exist') : id;
}

function entered(value: Value): MapValue {
  const counts = mapOf(value, 'counts of entries');
  counts.forEach((times, name) => {
    text(name, 'name');
    if (typeof times !== 'number' || !isInteger(times) || times < 1) malformed('a count of entries is none');
  });
  return counts;
}
