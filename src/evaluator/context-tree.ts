/**
 * A tree of contexts for those who embed RTFS: the contexts of `docs/steps.md` without a plan to run in them.
 *
 * T1  A tree is a value. Every move gives a new tree; the old one stays as it was. Moves share what they do not change,
 *     so entering, switching and leaving do not depend on how much data there is.
 * T2  One context is the current one: `enterStep`, `createParallelContext`, `get` and `set` mean it.
 * T3  Ids are paths (`context-id.ts`): the same moves give the same ids. A context that has been left is gone, and its
 *     id is never given again.
 * T4  A move that is not allowed, or would go beyond the limits, is a `TreeError`; nothing has changed then.
 * T5  The own data of all living contexts together is never more than `maxContextBytes`, counted as in `context-node.ts`.
 *     What was captured at a fork or in a checkpoint does not count: it is the data of earlier trees.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { ErrorValue, kindOf, type Value } from '../value/value.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { Vector } from '../value/vector.ts';
import { CONTEXT_ID_LENGTH_MAX, type Isolation } from './context.ts';
import { childId, depthOf, keyOf, type Place, placeOf, ROOT_ID } from './context-id.ts';
import { captureView, type Mode, newNode, type Node, nodeAt, rowOf, viewed, visibleFrom, withEntries } from './context-node.ts';
import { DEFAULT_LIMITS, meterOf } from './limits.ts';
import { needsBase, type Policy, policyProblem, readPolicy } from './merge-policy.ts';
import { conflictMessage, type Merged, mergeInto, type MergeOptions, type MergeQuestion, type MergeRecord, type MergeSource, nextQuestions } from './merge.ts';
import { Raised } from './raise.ts';

export interface TreeLimits {
  /** Contexts below one another, the root included. */
  readonly maxDepth: number;
  readonly maxContextBytes: number;
}

export const DEFAULT_TREE_LIMITS: TreeLimits = { maxDepth: 1000, maxContextBytes: 64 * 1024 * 1024 };

export interface ContextTree {
  readonly kind: 'context-tree';
  readonly current: string;
  /** From id to row (`context-node.ts`). */
  readonly contexts: MapValue;
  /** Own data of all contexts. */
  readonly sizeBytes: number;
  /** From label to `[current contexts size]` as they were. */
  readonly checkpoints: MapValue;
  readonly limits: TreeLimits;
}

export type TreeErrorCode =
  | 'exit-of-root'
  | 'live-children'
  | 'finished-context'
  | 'unknown-context'
  /** `endIsolated` with a step still open inside. */
  | 'open-step'
  | 'not-isolated'
  /** `exitStep` of what `beginIsolated` has begun. */
  | 'isolated-block'
  | 'key'
  | 'limit-depth'
  | 'limit-bytes'
  | 'limit-id'
  | 'policy'
  /** A policy asks what there was at the entry, and the context was not told to keep it. */
  | 'no-base'
  | 'conflict'
  | 'merge-failed'
  | 'checkpoint-exists'
  | 'unknown-checkpoint'
  | 'damaged';

export interface TreeError {
  readonly code: TreeErrorCode;
  readonly message: string;
}

export type TreeResult<T> = Result<T, TreeError>;

/** A new tree and the id of the context that was made. */
export interface Entered {
  readonly tree: ContextTree;
  readonly id: string;
}

export interface EnterOptions {
  /** `inherit` unless given; `isolated` for parallel contexts. */
  readonly isolation?: Isolation;
  /** Whether to keep what was visible at the entry, for `merge3` and functions. Isolated contexts always do. */
  readonly keepBase?: boolean;
}

/** How a context's own data goes into its parent: a policy of the language, or a function of the host. */
export type MergeBy = Value | ((question: MergeQuestion) => Value);

export interface ExitOptions {
  /** Nothing is merged unless given. */
  readonly merge?: MergeBy;
  /** `record` unless given. */
  readonly onConflict?: 'record' | 'fail';
}

/** A context that has been left. */
export interface LeftContext {
  readonly id: string;
  readonly name: string;
  readonly isolation: Isolation;
  readonly depth: number;
  readonly data: MapValue;
}

export interface Exited {
  readonly tree: ContextTree;
  readonly context: LeftContext;
  /** Null without a merge. */
  readonly record: MergeRecord | null;
}

export function contextTree(data: MapValue = MapValue.empty(), limits: Partial<TreeLimits> = {}): TreeResult<ContextTree> {
  const keyed = contextData(data);
  if (!keyed.ok) return keyed;
  const root = newNode('step', 'inherit', keyed.value, null);
  const tree: ContextTree = {
    kind: 'context-tree',
    current: ROOT_ID,
    contexts: MapValue.of(ROOT_ID, rowOf(root)),
    sizeBytes: root.sizeBytes,
    checkpoints: MapValue.empty(),
    limits: { ...DEFAULT_TREE_LIMITS, ...limits },
  };
  return within(tree);
}

// --- where ---------------------------------------------------------------------------------------------------------

export function currentId(tree: ContextTree): string {
  return tree.current;
}

/** Of the current context: 1 at the root. */
export function depth(tree: ContextTree): number {
  return depthOf(tree.current);
}

/** The ids of the contexts around the current one, its parent first. */
export function ancestors(tree: ContextTree): readonly string[] {
  const ids: string[] = [];
  for (let place = placeOf(tree.current); place !== null; place = placeOf(place.parent)) ids.push(place.parent);
  return ids;
}

/** The ids of the other living contexts with the same parent, in canonical order. */
export function siblings(tree: ContextTree): readonly string[] {
  const place = placeOf(tree.current);
  if (place === null) return [];
  const all = nodeOf(tree, place.parent).children.toArray() as string[];
  return all.filter((id) => id !== tree.current);
}

// --- data ----------------------------------------------------------------------------------------------------------

/** What is visible in the current context; undefined when there is nothing. A stored nil is a value. */
export function get(tree: ContextTree, key: Value): Value | undefined {
  const name = keyOf(key);
  return name === null ? undefined : visibleFrom(tree.contexts, tree.current, name);
}

/** Writes to the current context. */
export function set(tree: ContextTree, key: Value, value: Value): TreeResult<ContextTree> {
  const name = keyOf(key);
  return name === null ? noKey(key) : write(tree, tree.current, [[name, value]]);
}

// --- moves ---------------------------------------------------------------------------------------------------------

/** A new context below the current one, which becomes the current one. */
export function enterStep(tree: ContextTree, name: string, options: EnterOptions = {}): TreeResult<Entered> {
  return enter(tree, name, 'step', options.isolation ?? 'inherit', options.keepBase ?? false);
}

/** Leaves the current context for its parent. */
export function exitStep(tree: ContextTree, options: ExitOptions = {}): TreeResult<Exited> {
  if (nodeOf(tree, tree.current).mode === 'block') return failure('isolated-block', `${shownId(tree.current)} was begun by beginIsolated: endIsolated ends it`);
  return exit(tree, options);
}

/** A new context below the current one, which stays the current one: `switchTo` goes there, `exitStep` ends it. */
export function createParallelContext(tree: ContextTree, name: string, options: EnterOptions = {}): TreeResult<Entered> {
  const entered = enter(tree, name, 'parallel', options.isolation ?? 'isolated', options.keepBase ?? false);
  if (!entered.ok) return entered;
  return success({ ...entered.value, tree: { ...entered.value.tree, current: tree.current } });
}

/** Makes another living context the current one. */
export function switchTo(tree: ContextTree, id: string): TreeResult<ContextTree> {
  if (tree.contexts.has(id)) return success({ ...tree, current: id });
  if (hasFinished(tree, id)) return failure('finished-context', `${shownId(id)} has been left`);
  return failure('unknown-context', `There is no context ${shownId(id)}`);
}

/** Enters an isolated context, to be left by `endIsolated`. */
export function beginIsolated(tree: ContextTree, name = 'isolated'): TreeResult<Entered> {
  return enter(tree, name, 'block', 'isolated', true);
}

export function endIsolated(tree: ContextTree, options: ExitOptions = {}): TreeResult<Exited> {
  if (nodeOf(tree, tree.current).mode === 'block') return exit(tree, options);
  const around = ancestors(tree).find((id) => nodeOf(tree, id).mode === 'block');
  if (around === undefined) return failure('not-isolated', `No isolated context has been begun around ${shownId(tree.current)}`);
  return failure('open-step', `${shownId(tree.current)} is still open inside ${shownId(around)}`);
}

// --- checkpoints ---------------------------------------------------------------------------------------------------

/** Keeps the tree as it is under the label. A label means one tree for ever. */
export function checkpoint(tree: ContextTree, label: string): TreeResult<ContextTree> {
  if (tree.checkpoints.has(label)) return failure('checkpoint-exists', `There is a checkpoint ${printBrief(label, 80)} already`);
  return success({ ...tree, checkpoints: tree.checkpoints.set(label, Vector.of(tree.current, tree.contexts, tree.sizeBytes)) });
}

/** The contexts as they were at the checkpoint. All checkpoints are kept, those made later too. */
export function restoreCheckpoint(tree: ContextTree, label: string): TreeResult<ContextTree> {
  const kept = tree.checkpoints.get(label) as Vector | undefined;
  if (kept === undefined) return failure('unknown-checkpoint', `There is no checkpoint ${printBrief(label, 80)}`);
  return success({ ...tree, current: kept.get(0) as string, contexts: kept.get(1) as MapValue, sizeBytes: kept.get(2) as number });
}

// --- how it is done ------------------------------------------------------------------------------------------------

function success<T>(value: T): TreeResult<T> {
  return { ok: true, value };
}

export function failure(code: TreeErrorCode, message: string): TreeResult<never> {
  return { ok: false, error: { code, message } };
}

function shownId(id: string): string {
  return printBrief(id, 200).slice(1, -1);
}

function noKey(key: Value): TreeResult<never> {
  return failure('key', `${printBrief(key, 80)} is no key of a context: expected a keyword, a string or a symbol`);
}

function nodeOf(tree: ContextTree, id: string): Node {
  return nodeAt(tree.contexts, id)!;
}

function withNode(contexts: MapValue, id: string, node: Node): MapValue {
  return contexts.set(id, rowOf(node));
}

/** The tree, if it is within its limits of size. */
function within(tree: ContextTree): TreeResult<ContextTree> {
  const { maxContextBytes } = tree.limits;
  if (tree.sizeBytes <= maxContextBytes) return success(tree);
  return failure('limit-bytes', `The data of the contexts would be ${tree.sizeBytes} bytes, more than ${maxContextBytes}`);
}

/** The data with keywords for keys. */
function contextData(data: MapValue): TreeResult<MapValue> {
  const entries: Entry[] = [];
  for (const [key, value] of data) {
    const name = keyOf(key);
    if (name === null) return noKey(key);
    entries.push([name, value]);
  }
  const keyed = MapValue.from(entries);
  return keyed.size === data.size ? success(keyed) : failure('key', 'Two keys of the data mean the same key of a context');
}

function write(tree: ContextTree, id: string, entries: readonly Entry[]): TreeResult<ContextTree> {
  const node = nodeOf(tree, id);
  const { data, addedBytes } = withEntries(node.data, entries);
  const contexts = withNode(tree.contexts, id, { ...node, data, sizeBytes: node.sizeBytes + addedBytes });
  return within({ ...tree, contexts, sizeBytes: tree.sizeBytes + addedBytes });
}

function enter(tree: ContextTree, name: string, mode: Mode, isolation: Isolation, keepBase: boolean): TreeResult<Entered> {
  const parent = nodeOf(tree, tree.current);
  const occurrence = (parent.entered.get(name) as number | undefined) ?? 0;
  const id = childId({ parent: tree.current, name, occurrence });
  if (depth(tree) >= tree.limits.maxDepth) return failure('limit-depth', `More than ${tree.limits.maxDepth} contexts below one another`);
  if (id.length > CONTEXT_ID_LENGTH_MAX) return failure('limit-id', `The names of the contexts are longer than ${CONTEXT_ID_LENGTH_MAX} characters`);
  const view = isolation === 'isolated' || keepBase ? captureView(tree.contexts, tree.current) : null;
  const remembered: Node = { ...parent, entered: parent.entered.set(name, occurrence + 1), children: parent.children.add(id) };
  const contexts = withNode(withNode(tree.contexts, tree.current, remembered), id, newNode(mode, isolation, MapValue.empty(), view));
  return success({ tree: { ...tree, contexts, current: id }, id });
}

function exit(tree: ContextTree, options: ExitOptions): TreeResult<Exited> {
  const place = placeOf(tree.current);
  if (place === null) return failure('exit-of-root', 'The root cannot be left');
  const node = nodeOf(tree, tree.current);
  const [child] = node.children.toArray() as string[];
  if (child !== undefined) return failure('live-children', `${shownId(tree.current)} cannot be left before ${shownId(child)}`);
  const merged = mergeOut(tree, place, node, options);
  if (!merged.ok) return merged;
  const rest = write(without(tree, place, node), place.parent, merged.value?.writes ?? []);
  if (!rest.ok) return rest;
  const context: LeftContext = { id: tree.current, name: place.name, isolation: node.isolation, depth: depth(tree), data: node.data };
  return success({ tree: rest.value, context, record: merged.value === null ? null : { into: place.parent, ...merged.value.record } });
}

/** The tree with the parent as the current context, and without its child. */
function without(tree: ContextTree, place: Place, node: Node): ContextTree {
  const parent = nodeOf(tree, place.parent);
  const contexts = withNode(tree.contexts.delete(tree.current), place.parent, { ...parent, children: parent.children.delete(tree.current) });
  return { ...tree, contexts, current: place.parent, sizeBytes: tree.sizeBytes - node.sizeBytes };
}

function hasFinished(tree: ContextTree, id: string): boolean {
  for (let place = placeOf(id); place !== null; place = placeOf(place.parent)) {
    const parent = nodeAt(tree.contexts, place.parent);
    if (parent !== undefined) return place.occurrence < ((parent.entered.get(place.name) as number | undefined) ?? 0);
  }
  return false;
}

/** What merging the current context into its parent writes; null when nothing is to be merged. */
function mergeOut(tree: ContextTree, place: Place, node: Node, options: ExitOptions): TreeResult<Merged | null> {
  if (options.merge === undefined) return success(null);
  const policy = policyOf(options.merge);
  if (!policy.ok) return policy;
  if (node.view === null && needsBase(policy.value)) return failure('no-base', `${shownId(tree.current)} was entered without keepBase, which this policy needs`);
  const { view } = node;
  const source: MergeSource = { data: node.data, branch: null, base: (key) => (view === null ? undefined : viewed(view, key)) };
  const merged = mergeOne(policy.value, source, (key) => visibleFrom(tree.contexts, place.parent, key), options.merge);
  if (!merged.ok || options.onConflict !== 'fail' || merged.value.record.conflicts.length === 0) return merged;
  return failure('conflict', conflictMessage(place.parent, merged.value.record.conflicts));
}

function policyOf(merge: MergeBy): TreeResult<Policy> {
  if (typeof merge === 'function') return success({ kind: 'custom', fn: null });
  const problem = policyProblem(merge);
  if (problem !== null) return failure('policy', problem);
  const policy = readPolicy(merge);
  return asksPlan(policy) ? failure('policy', 'A function of the language cannot be called here: give a function of the host') : success(policy);
}

function asksPlan(policy: Policy): boolean {
  if (policy.kind !== 'keyed') return policy.kind === 'custom';
  return asksPlan(policy.otherwise) || policy.keys.values().some((own) => kindOf(own) === 'function');
}

/** Merging is paid for by nobody here, but the sizes of collections are limited. */
function mergeOne(policy: Policy, source: MergeSource, target: MergeOptions['target'], ask: MergeBy): TreeResult<Merged> {
  const options: MergeOptions = { target, meter: meterOf(DEFAULT_LIMITS, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY) };
  const questions = nextQuestions(policy, [source], options);
  const answers = typeof ask === 'function' ? questions.map((question): Entry => [question.args[0], ask(question)]) : [];
  try {
    return success(mergeInto(policy, [{ ...source, resolved: MapValue.from(answers) }], options));
  } catch (thrown) {
    if (thrown instanceof Raised && thrown.value instanceof ErrorValue) return failure('merge-failed', thrown.value.message);
    throw thrown;
  }
}
