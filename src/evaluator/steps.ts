/**
 * The edges of steps and what happens at them: entry checks, events, limits, contracts, merging; and the operations
 * through which the library reaches contexts. Works on the machine through `Site`, which owns the current context.
 *
 * - S1 Nothing of a step has happened when its entry is refused: checks come before the start event.
 * - S2 Whatever can fail on the way out fails before the context is left, so the step fails and nothing was merged.
 * - S3 Sizes are counted before a write, never after.
 */
import type { OPERATIONS } from '../ir/node.ts';
import { optionProblem, optionsOf, type StepForm, type StepOption } from '../ir/step-options.ts';
import { encodedSize } from '../value/bytes.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { printValue } from '../value/print.ts';
import { type ErrorValue, Keyword, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Code } from './code.ts';
import { childContext, type Context, contextKey, contextLike, enterContext, type Isolation, optionOf, PASSES, readContext, visibleData } from './context.ts';
import type { Event, Origin } from './event.ts';
import type { Limits, Meter } from './limits.ts';
import { conflictMessage, mayAsk, mergeInto, type MergeSource, nextQuestions } from './merge.ts';
import { functionsOf, type Policy, readPolicy } from './merge-policy.ts';
import { chargeCells, chargeFuel, errorValue, raise, Raised, raiseLimit, raiseType } from './raise.ts';
import type { Exposure, HostCall } from './state.ts';
import { fetched } from './stored.ts';
import { originsOf, readSources, type Sources, sourcesValue, union } from './tracking.ts';

/** The machine, as the edges see it. */
export interface Site {
  context: Context;
  readonly limits: Limits;
  readonly meter: Meter;
  readonly isolations: readonly Isolation[];
  /** Merges that must not happen, by position: the error that each raises instead. */
  readonly refused: ReadonlyMap<string, ErrorValue> | undefined;
  /** Tells what happened; each event is built with `nextPosition` in one piece, because copying one costs more than all the rest. */
  readonly tell: (event: Event) => void;
  /** The next position, for an event or a call. */
  readonly nextPosition: () => string;
  /** Where the arguments of the running operation come from. */
  readonly argumentSources: () => Sources | null;
  /** What the running operation gives has these sources too. */
  readonly derive: (sources: Sources | null) => void;
}

const KEY = {
  isolation: keyword('isolation'), timeoutMs: keyword('timeout-ms'), mergePolicy: keyword('merge-policy'), onConflict: keyword('on-conflict'),
  requires: keyword('requires'), produces: keyword('produces'), critical: keyword('critical'), default: keyword('default'),
  maxIterations: keyword('max-iterations'), name: keyword('name'), step: keyword('step'), failures: keyword('compensation-failures'),
} as const;
const DECLARED: readonly Keyword[] = ['effects', 'resources', 'metadata', 'requires', 'produces', 'timeout-ms'].map((name) => keyword(name));

// --- entering ------------------------------------------------------------------------------------------------------

export function enterStep(site: Site, name: string, form: StepForm, told: Value): void {
  if (form === 'pass') return enterPass(site);
  const options = checkOptions(form, told);
  const isolation = checkIsolation(site, form, options);
  const defaults = options === null ? NO_ENTRIES : checkRequired(isolation === 'sandboxed' ? null : site.context, name, options.get(KEY.requires));
  if (site.context.depth > site.limits.contextDepth) raiseLimit('contextDepth', site.limits.contextDepth);
  const outer = site.context;
  const given = options?.get(KEY.name);
  const title = typeof given === 'string' ? given : name;
  const durationMs = options?.get(KEY.timeoutMs) as number | undefined;
  const context = enterContext(outer, { form, name: title, isolation, options, deadline: null });
  // There has to be room for what is set by default before anything has begun.
  for (const [key, value] of defaults) written(site, context, key, value);
  site.tell({
    kind: 'step-started', at: site.nextPosition(), step: context.id, name: title, form, parent: outer.parent === null ? null : outer.id, isolation, declared: options === null ? EMPTY : declared(options),
  });
  if (durationMs !== undefined) context.deadline = { id: site.nextPosition(), durationMs, passed: null };
  site.context = context;
  for (const [key, value] of defaults) setContext(site, key, value);
}

const EMPTY = MapValue.empty();
const NO_ENTRIES: readonly Entry[] = [];

function declared(options: MapValue): Value {
  let map = EMPTY;
  for (const key of DECLARED) {
    const value = options.get(key);
    if (value !== undefined) map = map.set(key, value);
  }
  return map;
}

function checkEntry(site: Site, form: StepForm, given: Value): void {
  checkIsolation(site, form, checkOptions(form, given));
}

export function checkOptions(form: StepForm, given: Value): MapValue | null {
  if (given === null) return null;
  if (!(given instanceof MapValue)) return raiseType(form, 'map of options', given);
  const known = optionsOf(form);
  for (const [key, value] of given) {
    const name = key instanceof Keyword ? key.name : '';
    if (!(known as readonly string[]).includes(name)) raise('argument', `Invalid argument: ${form} has no option ${shown(key)}, only ${known.map((one) => `:${one}`).join(' ')}`);
    const wanted = optionProblem(name as StepOption, value);
    if (wanted !== null) raise('argument', `Invalid argument: the option :${name} of ${form} must be ${wanted}, got ${shown(value)}`);
    if (name === 'merge-policy') readCallable(value);
  }
  return given.size === 0 ? null : given;
}

/** The policy, whose functions can be asked: found out at once, not when the first key has two values. */
function readCallable(value: Value): Policy {
  const policy = readPolicy(value);
  for (const fn of functionsOf(policy)) {
    const code = fn.primitive ? null : (fn.code as Code);
    if (code !== null && code.armFor(4) === null) {
      raise('argument', `Invalid argument: a function of a merge policy takes 4 arguments, (fn [key base target source] …); this one takes ${code.arityText}`);
    }
  }
  return policy;
}

function shown(value: Value): string {
  return printValue(value, { maxLength: 100 }) ?? 'a large value';
}

function checkIsolation(site: Site, form: StepForm, options: MapValue | null): Isolation {
  const word = options?.get(KEY.isolation);
  const isolation = word instanceof Keyword ? (word.name as Isolation) : 'inherit';
  if (site.isolations.includes(isolation)) return isolation;
  const allowed = site.isolations.map((one) => `:${one}`).join(' or ');
  return raise('security', `Security violation: isolation:${isolation} is not allowed for ${form}${allowed === '' ? '' : ` (allowed: ${allowed})`}`, keyword(`isolation/${isolation}`));
}

/** What `:requires` names and nobody has set fails the entry, or is set by default. */
function checkRequired(context: Context | null, name: string, contract: Value | undefined): readonly Entry[] {
  const defaults: Entry[] = [];
  for (const [key, description] of contractOf(contract)) {
    if (readContext(context, key) !== undefined) continue;
    const otherwise = description?.get(KEY.default);
    if (otherwise !== undefined) defaults.push([key, otherwise]);
    else if (description?.get(KEY.critical) !== false) raise('validation', `Step "${name}" requires the context key ${shown(key)}, which nobody has set`, key);
  }
  return defaults;
}

/** `more`: data that is about to be merged past the step's own. */
function checkProduced(context: Context, more: readonly MapValue[] = []): void {
  if (context.options === null) return;
  for (const [key, description] of contractOf(context.options.get(KEY.produces))) {
    const isThere = context.data.get(key) !== undefined || more.some((data) => data.get(key) !== undefined);
    if (isThere || description?.get(KEY.critical) === false) continue;
    raise('validation', `Step "${context.name}" should have set the context key ${shown(key)}`, key);
  }
}

function contractOf(contract: Value | undefined): readonly (readonly [Value, MapValue | null])[] {
  if (contract instanceof Vector) return contract.toArray().map((key) => [contextKey(key, 'step'), null]);
  if (contract instanceof MapValue) return [...contract].map(([key, item]) => [contextKey(key, 'step'), item instanceof MapValue ? item : null]);
  return [];
}

function enterPass(site: Site): void {
  const loop = site.context;
  const index = (loop.entered.get(PASSES) as number | undefined) ?? 0;
  const own = optionOf(loop, KEY.maxIterations) as number | null;
  if (index >= site.limits.iterations) raiseLimit('iterations', site.limits.iterations);
  if (own !== null && index >= own) raiseLimit('iterations', own, KEY.maxIterations.name);
  if (loop.depth > site.limits.contextDepth) raiseLimit('contextDepth', site.limits.contextDepth);
  const context = enterContext(loop, { form: 'pass', name: '', isolation: loop.isolation === 'sandboxed' ? 'inherit' : loop.isolation, options: null, deadline: null });
  site.tell({ kind: 'pass-started', at: site.nextPosition(), step: context.id, index });
  site.context = context;
}

/** The context of a branch; `outer` is that of the step whose branch it is. */
export function branchContext(outer: Context, index: number): Context {
  const word = optionOf(outer, KEY.isolation);
  const isolation = word instanceof Keyword && word.name === 'isolated' ? 'isolated' : 'inherit';
  return childContext(outer, { form: 'branch', name: '', isolation, options: null, deadline: null }, index);
}

// --- leaving -------------------------------------------------------------------------------------------------------

/** `recovered`: something has taken the place of the body, which need not have produced anything. */
export function leaveStep(site: Site, recovered: boolean): void {
  const { context } = site;
  // What branches have produced was looked at before it was merged.
  if (!recovered && !isJoin(context)) checkProduced(context);
  if (context.form === 'pass') joinPass(site);
  else if (context.form !== 'step-parallel' && context.form !== 'pmap') mergeAtEnd(site);
  // Merging has changed the context around it.
  const left = site.context;
  const outer = left.parent!;
  if (left.form === 'pass') site.tell({ kind: 'pass-completed', at: site.nextPosition(), step: left.id, index: left.occurrence });
  else site.tell({ kind: 'step-completed', at: site.nextPosition(), step: left.id, name: left.name });
  site.context = withUndone(outer, left);
}

/** The context of a step whose body has failed, with its data as it was at the entry: what failed is never merged. */
export function afterFailure(context: Context): Context {
  let data = EMPTY;
  for (const [key, description] of contractOf(context.options?.get(KEY.requires))) {
    const otherwise = description?.get(KEY.default);
    if (otherwise !== undefined && readContext(context.parent, key) === undefined) data = data.set(key, otherwise);
  }
  const next = contextLike(context);
  next.data = data;
  next.sizeBytes = context.parent!.sizeBytes + ownBytes(data);
  return next;
}

/** The step's compensation, and those handed on by it, become the outer context's. */
export function withUndone(outer: Context, left: Context): Context {
  if (left.compensation === null && left.compensations.size === 0) return outer;
  let { compensations } = outer;
  for (const entry of left.compensations.toArray()) compensations = compensations.push(entry);
  if (left.compensation !== null) compensations = compensations.push(left.compensation);
  const next = contextLike(outer);
  next.compensations = compensations;
  return next;
}

/** What is to be undone comes from what undoing it will work with. */
export function sourcesOfEntries(entries: Vector): Sources | null {
  let found: Sources | null = null;
  for (const entry of entries) if (entry instanceof Vector) found = union(found, readSources(entry.get(6) ?? null));
  return found;
}

export function failStep(site: Site, error: Value): void {
  const { context } = site;
  const at = site.nextPosition();
  if (context.form === 'pass') site.tell({ kind: 'pass-failed', at, step: context.id, index: context.occurrence, error });
  else site.tell({ kind: 'step-failed', at, step: context.id, name: context.name, error });
  site.context = context.parent!;
}

function joinPass(site: Site): void {
  const { context } = site;
  const loop = context.parent!;
  if (context.data.size === 0 || (loop.isolation !== 'inherit' && optionOf(loop, KEY.mergePolicy) === null)) return;
  mergeUp(site, { kind: 'overwrite' }, [own(context)], { quiet: true });
}

/** A policy with functions has been applied by the library, which can call them. */
function mergeAtEnd(site: Site): void {
  const given = optionOf(site.context, KEY.mergePolicy);
  if (given === null) return;
  const policy = readPolicy(given);
  if (!mayAsk(policy)) mergeUp(site, policy, [own(site.context)]);
}

function own(context: Context): Merged {
  return { data: context.data, branch: null, resolved: null };
}

// --- writing -------------------------------------------------------------------------------------------------------

const BYTES_PER_STEP = 64;

/** Canonical bytes of a key and its value. */
function entryBytes(key: Value, value: Value): number {
  return encodedSize(key) + valueBytes(value);
}

/** Sizes of larger values: each is asked for again when it is replaced, and when it is merged. */
export const knownBytes: WeakMap<object, number> = new WeakMap<object, number>();
const KNOWN_BYTES_MIN = 64;

export function valueBytes(value: Value): number {
  if (typeof value !== 'object' || value === null) return encodedSize(value);
  const known = knownBytes.get(value);
  if (known !== undefined) return known;
  const size = encodedSize(value);
  if (size >= KNOWN_BYTES_MIN) knownBytes.set(value, size);
  return size;
}

export function ownBytes(data: MapValue): number {
  let size = 0;
  for (const [key, value] of data) size += entryBytes(key, value);
  return size;
}

/** The context with the key set, if there is room. */
function written(site: Site, context: Context, key: Value, value: Value): Context {
  const before = context.data.get(key);
  const size = entryBytes(key, value);
  const sizeBytes = context.sizeBytes + size - (before === undefined ? 0 : entryBytes(key, before));
  if (sizeBytes > site.limits.contextBytes) raiseLimit('contextBytes', site.limits.contextBytes);
  // Counting bytes is work that grows with the value.
  chargeFuel(site.meter, 1 + Math.floor(size / BYTES_PER_STEP));
  chargeCells(site.meter, 1);
  const next = contextLike(context);
  next.data = context.data.set(key, value);
  next.sizeBytes = sizeBytes;
  return next;
}

export function setContext(site: Site, key: Value, value: Value, derivedFrom: readonly Origin[] = originsOf(null)): void {
  site.context = written(site, site.context, key, value);
  site.tell({ kind: 'context-set', at: site.nextPosition(), step: site.context.id, key, value, derivedFrom });
}

interface Merged {
  readonly data: MapValue;
  readonly branch: number | null;
  /** What functions gave, by key. */
  readonly resolved: MapValue | null;
}

/** What was visible around the context when it was entered. */
function baseAtEntry(context: Context, key: Value): Value | undefined {
  const own = context.base.get(key);
  const outer = context.parent;
  if (own !== undefined || outer === null || outer.isolation === 'sandboxed') return own;
  return outer.seen === null ? readContext(outer.parent, key) : outer.seen.get(key);
}

interface MergeManner {
  /** There are no conflicts: what is merged follows what it is merged into. */
  readonly quiet?: boolean;
  /** The context goes on afterwards, with all of its own data. */
  readonly stays?: boolean;
}

/** Merges into the context around the current one. */
function mergeUp(site: Site, policy: Policy, merged: readonly Merged[], { quiet = false, stays = false }: MergeManner = {}): void {
  const { context } = site;
  const outer = outerOf(context);
  const { writes, record } = mergeInto(policy, sourcesOf(context, merged), { target: (key) => readContext(outer, key), meter: site.meter });
  const conflicts = quiet ? [] : record.conflicts;
  const strict = optionOf(context, KEY.onConflict);
  if (conflicts.length > 0 && strict instanceof Keyword && strict.name === 'fail') raise('step', conflictMessage(outer.id, conflicts), conflicts[0]!.key);
  let changed = outer;
  for (const [key, value] of writes) changed = written(site, changed, key, value);
  const sizeBytes = context.sizeBytes + changed.sizeBytes - outer.sizeBytes;
  if (stays && sizeBytes > site.limits.contextBytes) raiseLimit('contextBytes', site.limits.contextBytes);
  const isTold = record.added.length + record.kept.length + record.overwritten.length + record.merged.length > 0;
  const at = isTold ? site.nextPosition() : '';
  const refusal = site.refused?.get(at);
  if (refusal !== undefined) throw new Raised(refusal, false);
  // An isolated context goes on seeing what was there when it was entered.
  const next = contextLike(context);
  if (context.isolation === 'isolated' && context.seen === null) next.seen = visibleData(outer);
  next.parent = changed;
  next.sizeBytes = sizeBytes;
  site.context = next;
  if (isTold) site.tell({ kind: 'merged', at, step: context.id, ...record, into: outer.id, conflicts });
}

function outerOf(context: Context): Context {
  if (context.form === 'branch') return raise('step', 'Cannot merge: what a branch has set is merged when it is joined');
  return context.parent ?? raise('step', 'Cannot merge: no step is open here; (context/merge! …) belongs in the step whose data it merges into the context around it');
}

function sourcesOf(context: Context, merged: readonly Merged[]): readonly MergeSource[] {
  const outer = outerOf(context);
  const base = isJoin(context) ? (key: Value) => readContext(outer, key) : (key: Value) => baseAtEntry(context, key);
  return merged.map(({ data, branch, resolved }) => ({ data, branch, base, ...(resolved === null ? {} : { resolved }) }));
}

/** Whether what is merged comes from branches that began when nothing around had changed yet. */
function isJoin(context: Context): boolean {
  return context.form === 'step-parallel' || context.form === 'pmap';
}

// --- operations ----------------------------------------------------------------------------------------------------

type Operation = (site: Site, args: readonly Value[]) => Value;

type ForEach<Names extends readonly unknown[]> = { readonly [Index in keyof Names]: Operation };

/** In the order of `OPERATIONS`. */
const TABLE: ForEach<typeof OPERATIONS> = [
  /* %own-data */ (site) => fetched(site.context.data),
  /* %reset-data */ (site, [data]) => resetData(site, mapArgument(data)),
  /* %questions */ (site, [policy, sources]) => questions(site, policy ?? null, vectorArgument(sources).map((source) => readSource(source))),
  /* %asks */ (_site, [policy]) => mayAsk(readPolicy(policy ?? null)),
  /* %check-produced */ (site, [sources]) => {
    checkProduced(site.context, vectorArgument(sources).map((source) => readSource(source).data));
    return null;
  },
  /* %deciding */ (site, [decides]) => {
    site.context = { ...site.context, deciding: decides === true };
    return null;
  },
  /* %merge-up */ (site, [policy, sources, stays]) => {
    mergeUp(site, readPolicy(policy ?? null), vectorArgument(sources).map((source) => readSource(source)), { stays: stays === true });
    return null;
  },
  /* %retrying */ (site, [attempt, delayMs, error]) => {
    const { id, name } = site.context;
    site.tell({ kind: 'step-retrying', at: site.nextPosition(), step: id, name, attempt: Number(attempt), delayMs: Number(delayMs), error: error ?? null });
    return null;
  },
  /* %recovered */ (site, [by, error]) => {
    const { id, name } = site.context;
    site.tell({ kind: 'step-recovered', at: site.nextPosition(), step: id, name, by: by === 'delegate' ? 'delegate' : 'fallback', error: error ?? null });
    return null;
  },
  /* %compensation */ (site, [undo, result, retries, runner]) => {
    const { context } = site;
    const next = contextLike(context);
    next.compensation = Vector.of(context.id, context.name, undo ?? null, result ?? null, retries ?? null, runner ?? null, sourcesValue(site.argumentSources()));
    site.context = next;
    return null;
  },
  /* %compensating */ (site, [word, id, name, error]) => {
    const which = { at: site.nextPosition(), step: String(id), name: String(name) };
    if (word === 'failed') site.tell({ kind: 'compensation-failed', ...which, error: error ?? null });
    else site.tell({ kind: word === 'completed' ? 'compensation-completed' : 'compensation-started', ...which });
    return null;
  },
  /* %take-compensations */ (site) => {
    const { compensations } = site.context;
    if (compensations.size > 0) site.context = { ...site.context, compensations: Vector.empty() };
    site.derive(sourcesOfEntries(compensations));
    return compensations;
  },
  /* %step */ (site) => Vector.of(site.context.id, site.context.name),
  /* %check-entry */ (site, [form, options]) => {
    checkEntry(site, String(form) as StepForm, options ?? null);
    return null;
  },
];

export function runOperation(site: Site, index: number, args: readonly Value[]): Value {
  return TABLE[index]!(site, args);
}

function mapArgument(value: Value | undefined): MapValue {
  return value instanceof MapValue ? value : raiseType('a context operation', 'map', value ?? null);
}

function vectorArgument(value: Value | undefined): readonly Value[] {
  return value instanceof Vector ? value.toArray() : raiseType('a context operation', 'vector', value ?? null);
}

function readSource(value: Value): Merged {
  const [branch, data, resolved] = vectorArgument(value);
  return { branch: typeof branch === 'number' ? branch : null, data: mapArgument(data), resolved: resolved instanceof MapValue ? resolved : null };
}

function resetData(site: Site, data: MapValue): Value {
  const { context } = site;
  if (data === context.data) return null;
  const next = contextLike(context);
  next.data = data;
  next.sizeBytes += ownBytes(data) - ownBytes(context.data);
  site.context = next;
  return null;
}

/** What functions have to be asked before the sources can be merged: vectors [source function key base target source]. */
function questions(site: Site, given: Value, merged: readonly Merged[]): Value {
  const { context } = site;
  const outer = outerOf(context);
  const asked = nextQuestions(readCallable(given), sourcesOf(context, merged), { target: (key) => readContext(outer, key), meter: site.meter });
  chargeCells(site.meter, asked.length);
  return Vector.adopt(asked.map(({ source, fn, args }) => Vector.of(source, fn, ...args)));
}

// --- errors that stop a step -----------------------------------------------------------------------------------------

export function timeoutError(context: Context): ErrorValue {
  const { durationMs } = context.deadline!;
  const data = MapValue.of(KEY.step, context.id, KEY.timeoutMs, durationMs);
  return errorValue('timeout', `Timeout: step "${context.name}" took longer than ${durationMs} ms`, data);
}

export function cancelledError(context: Context, reason: string): ErrorValue {
  return errorValue('cancelled', `Cancelled: ${reason}`, MapValue.of(KEY.step, context.id));
}

/** Options that only branches look at. */
export interface ForkOptions {
  readonly bestEffort: boolean;
  readonly minSuccess: number;
  readonly maxConcurrency: number;
}

export function forkOptions(value: Value, count: number): ForkOptions {
  const options = value instanceof MapValue ? value : EMPTY;
  const mode = options.get(ON_ERROR);
  const minSuccess = wholeOption(options, MIN_SUCCESS) ?? Math.min(1, count);
  if (minSuccess > count) raise('argument', `Invalid argument: :min-success is ${minSuccess}, and there are only ${count} branches`);
  return {
    bestEffort: mode instanceof Keyword && mode.name === 'best-effort',
    minSuccess,
    maxConcurrency: wholeOption(options, MAX_CONCURRENCY) ?? Number.POSITIVE_INFINITY,
  };
}

/** Options were checked at the entry, but these have been in the registers of a plan since. */
function wholeOption(options: MapValue, option: Keyword): number | null {
  const value = options.get(option);
  if (value === undefined) return null;
  const wanted = optionProblem(option.name as StepOption, value);
  return wanted === null ? (value as number) : raise('argument', `Invalid argument: the option :${option.name} must be ${wanted}, got ${shown(value)}`);
}

const ON_ERROR = keyword('on-error' satisfies StepOption);
const MIN_SUCCESS = keyword('min-success' satisfies StepOption);
const MAX_CONCURRENCY = keyword('max-concurrency' satisfies StepOption);

// --- where a call stands -----------------------------------------------------------------------------------------------

/** What a call says of the step that it was made in. */
export function siteOf(context: Context): Pick<HostCall, 'step' | 'isolation' | 'exposure'> {
  return { step: context.parent === null ? null : context.id, isolation: strictest(context), exposure: exposureOf(context) };
}

/** How much is seen of the run: inside of a sandbox nothing of what is outside, however its steps, passes and branches see one another. */
function strictest(context: Context): Isolation {
  let found: Isolation = 'inherit';
  for (let at: Context | null = context; at !== null; at = at.parent) {
    if (at.isolation === 'sandboxed') return 'sandboxed';
    if (at.isolation === 'isolated') found = 'isolated';
  }
  return found;
}

const EXPOSE = keyword('expose-context');
const CONTEXT_KEYS = keyword('context-keys');
const EXPOSED: Exposure = { allowed: true, keys: null };

/** The innermost step that says something about exposure counts, and the innermost that names keys. */
function exposureOf(context: Context): Exposure {
  let allowed: boolean | null = null;
  let keys: readonly string[] | null = null;
  for (let at: Context | null = context; at !== null; at = at.parent) {
    if (at.options === null) continue;
    const word = at.options.get(EXPOSE);
    if (allowed === null && typeof word === 'boolean') allowed = word;
    const named = at.options.get(CONTEXT_KEYS);
    if (keys === null && named instanceof Vector) keys = named.toArray().map((key) => (contextKey(key, 'step') as Keyword).name);
  }
  return allowed === null && keys === null ? EXPOSED : { allowed: allowed ?? true, keys };
}
