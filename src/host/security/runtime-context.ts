/**
 * The runtime context: what a run may do at most, as data. A policy file is one in text.
 *
 * - R1 `narrow(parent, child)` allows nothing that one of the two does not allow. It is idempotent and commutative.
 * - R2 A context above the ceilings cannot be built. Nothing is unlimited by being left out: each level has its defaults, and
 *   the level `full` is metered like the others.
 * - R3 Lists are in normal form: sorted, without what is contained in something else. So equal contexts are equal data.
 *
 * `timeMs` bounds one stretch of the machine, from an answer to the next call: what a run waits, for people or for weeks, does not
 * count, and neither does the work of capabilities, which `budget.time-ms` counts. `memoryBytes` bounds what a run may hold at
 * once where that can be counted (texts, collections, contexts), and the heap of a process made for it.
 */
import { DEFAULT_LIMITS, type LimitName, type Limits } from '../../evaluator/limits.ts';
import type { Grant, Isolation } from '../port.ts';
import { type Amounts, type AmountName, AMOUNT_NAMES } from '../amounts.ts';
import { commonGrants, normalGrants } from './coverage.ts';
import { commonEffects, normalEffects } from './effects.ts';
import { commonIds, coversId, normalIds } from './pattern.ts';
import { commonStretches, normalStretches, type Stretch } from './windows.ts';

/** pure: no call at all · controlled: what is listed · full: everything that is granted, within the limits. From less to more. */
export const LEVELS = ['pure', 'controlled', 'full'] as const;
export type Level = (typeof LEVELS)[number];

/** From more to less of the plan that a step sees. */
export const ISOLATIONS: readonly Isolation[] = ['inherit', 'isolated', 'sandboxed'];

export interface RuntimeLimits {
  readonly timeMs: number;
  readonly memoryBytes: number;
  /** Of the kernel; the defaults where nothing is said. */
  readonly kernel: Partial<Limits>;
}

export interface CapabilityWindows {
  /** An id, a family, a glob. */
  readonly capability: string;
  readonly open: readonly Stretch[];
}

export interface RuntimeContext {
  readonly level: Level;
  /** Ids (`fs.read`), families (`fs.`), `*`. */
  readonly capabilities: readonly string[];
  /** Null: all of them. */
  readonly effects: readonly string[] | null;
  readonly deniedEffects: readonly string[];
  /** Wins over `capabilities`. Ids, families, globs (`*.delete`). */
  readonly deniedCapabilities: readonly string[];
  /** Calls of these capabilities are only begun at these times; several that name one all hold. No stretch: never. In the order of the patterns. */
  readonly windows: readonly CapabilityWindows[];
  /** What is granted without anybody asking for it. */
  readonly grants: readonly Grant[];
  readonly limits: RuntimeLimits;
  /** What is not named is not limited. */
  readonly budget: Amounts;
  /** Who takes more than that is told of, and nothing is denied. */
  readonly softBudget: Amounts;
  readonly isolation: {
    /** The levels that steps may have. */
    readonly allowed: readonly Isolation[];
    /** Calls of these capabilities are only made from steps that see no more than the level; in the order of the patterns. */
    readonly minimum: readonly { readonly capability: string; readonly level: Isolation }[];
  };
  /** What may see the context of plans: ids, families, tags (`#audit`). */
  readonly expose: readonly string[];
}

const SECOND_MS = 1000;
const MIB = 1024 * 1024;

/** No context goes beyond these, whatever its level. */
const CEILINGS = { timeMs: 60 * SECOND_MS, memoryBytes: 512 * MIB } as const;

const EVERYTHING: Grant = { capability: '*', scope: '*' };
const WAITS = ['step.checkpoint', 'step.deadline', 'step.sleep'];

/** What a context of the level has where nothing is said. */
export function levelDefaults(level: Level): RuntimeContext {
  const common = { effects: null, deniedEffects: [], deniedCapabilities: [], windows: [], softBudget: {}, isolation: { allowed: ISOLATIONS, minimum: [] }, expose: [], budget: {} } as const;
  switch (level) {
    case 'pure':
      return { ...common, level, capabilities: [], grants: [], limits: { timeMs: SECOND_MS, memoryBytes: 16 * MIB, kernel: {} }, budget: { calls: 0 } };
    case 'controlled':
      return { ...common, level, capabilities: WAITS, grants: [], limits: { timeMs: 5 * SECOND_MS, memoryBytes: 64 * MIB, kernel: {} } };
    case 'full':
      return { ...common, level, capabilities: ['*'], grants: [EVERYTHING], limits: { ...CEILINGS, kernel: {} } };
  }
}

export type ContextParts = Partial<Omit<RuntimeContext, 'level' | 'limits'>> & { readonly limits?: Partial<RuntimeLimits> };

export type Built = { readonly ok: true; readonly value: RuntimeContext } | { readonly ok: false; readonly problems: readonly { readonly path: string; readonly message: string }[] };

/** The context of that level with some parts its own. What is wrong is told by path: `limits.time-ms`. */
export function buildContext(level: Level, parts: ContextParts = {}): Built {
  const defaults = levelDefaults(level);
  const limits = { ...defaults.limits, ...parts.limits };
  const context = normal({ ...defaults, ...parts, level, limits });
  const problems = [
    ...ceilingProblems('limits.time-ms', limits.timeMs, CEILINGS.timeMs),
    ...ceilingProblems('limits.memory-bytes', limits.memoryBytes, CEILINGS.memoryBytes),
    ...(level === 'pure' && (context.capabilities.length > 0 || context.grants.length > 0)
      ? [{ path: context.capabilities.length > 0 ? 'capabilities' : 'grants', message: 'a context of the level pure makes no calls (controlled is the next level)' }]
      : []),
    ...(context.expose.includes('*') ? [{ path: 'expose', message: 'who sees the contexts of plans is named: an id, a family (audit.) or a tag (#audit), never *' }] : []),
  ];
  return problems.length === 0 ? { ok: true, value: context } : { ok: false, problems };
}

function ceilingProblems(path: string, value: number, ceiling: number): { path: string; message: string }[] {
  if (value > ceiling) return [{ path, message: `${value} is above the ceiling of ${ceiling}` }];
  return Number.isSafeInteger(value) && value > 0 ? [] : [{ path, message: `expected a whole number above 0, got ${value}` }];
}

function normal(context: RuntimeContext): RuntimeContext {
  return {
    ...context,
    capabilities: normalIds(context.capabilities),
    effects: context.effects === null ? null : normalEffects(context.effects),
    deniedEffects: normalEffects(context.deniedEffects),
    deniedCapabilities: normalIds(context.deniedCapabilities),
    windows: normalWindows(context.windows),
    grants: normalGrants(context.grants),
    isolation: { allowed: ISOLATIONS.filter((one) => context.isolation.allowed.includes(one)), minimum: normalMinimum(context.isolation.minimum) },
    expose: normalIds(context.expose),
  };
}

/** For each pattern the times at which all rules for it are open. */
function normalWindows(rules: readonly CapabilityWindows[]): readonly CapabilityWindows[] {
  const windows = new Map<string, readonly Stretch[]>();
  for (const { capability, open } of rules) {
    const before = windows.get(capability);
    windows.set(capability, before === undefined ? normalStretches(open) : commonStretches(before, open));
  }
  return [...windows].map(([capability, open]) => ({ capability, open })).sort((a, b) => (a.capability < b.capability ? -1 : 1));
}

/** Of rules for one pattern the strictest; without those that a stricter rule for more capabilities makes needless. */
function normalMinimum(rules: RuntimeContext['isolation']['minimum']): RuntimeContext['isolation']['minimum'] {
  const strictest = new Map<string, Isolation>();
  for (const { capability, level } of rules) if (ISOLATIONS.indexOf(level) > ISOLATIONS.indexOf(strictest.get(capability) ?? 'inherit')) strictest.set(capability, level);
  const each = [...strictest].map(([capability, level]) => ({ capability, level }));
  const isNeedless = (one: (typeof each)[number]): boolean =>
    each.some((other) => other !== one && coversId(other.capability, one.capability) && ISOLATIONS.indexOf(other.level) >= ISOLATIONS.indexOf(one.level));
  return each.filter((one) => !isNeedless(one)).sort((a, b) => (a.capability < b.capability ? -1 : 1));
}

/** R1. */
export function narrow(parent: RuntimeContext, child: RuntimeContext): RuntimeContext {
  return normal({
    level: LEVELS[Math.min(LEVELS.indexOf(parent.level), LEVELS.indexOf(child.level))]!,
    capabilities: commonIds(parent.capabilities, child.capabilities),
    effects: commonEffects(parent.effects, child.effects),
    deniedEffects: [...parent.deniedEffects, ...child.deniedEffects],
    deniedCapabilities: [...parent.deniedCapabilities, ...child.deniedCapabilities],
    windows: [...parent.windows, ...child.windows],
    grants: commonGrants(parent.grants, child.grants),
    limits: {
      timeMs: Math.min(parent.limits.timeMs, child.limits.timeMs),
      memoryBytes: Math.min(parent.limits.memoryBytes, child.limits.memoryBytes),
      kernel: lesser(parent.limits.kernel, child.limits.kernel, LIMIT_NAMES),
    },
    budget: lesserAmounts(parent.budget, child.budget),
    softBudget: lesserAmounts(parent.softBudget, child.softBudget),
    isolation: {
      allowed: parent.isolation.allowed.filter((one) => child.isolation.allowed.includes(one)),
      minimum: [...parent.isolation.minimum, ...child.isolation.minimum],
    },
    expose: commonIds(parent.expose, child.expose),
  });
}

export const LIMIT_NAMES: readonly LimitName[] = Object.keys(DEFAULT_LIMITS) as LimitName[];

/** What two budgets allow both. */
export function lesserAmounts(a: Amounts, b: Amounts): Amounts {
  return lesser(a, b, AMOUNT_NAMES);
}

/** The smaller of two amounts, by name; what only one of them names counts too. */
function lesser<Name extends LimitName | AmountName>(a: Partial<Record<Name, number>>, b: Partial<Record<Name, number>>, names: readonly Name[]): Partial<Record<Name, number>> {
  const result: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const [first, second] = [a[name], b[name]];
    if (first !== undefined || second !== undefined) result[name] = Math.min(first ?? Infinity, second ?? Infinity);
  }
  return result;
}

const BYTES_PER_CHARACTER = 2;
const BYTES_PER_ELEMENT = 8;

/** What the kernel is started with: no more than the context has, and no more than `asked` (flags of the command line). */
export function kernelLimits(context: RuntimeContext, asked: Partial<Limits> = {}): Limits {
  const { kernel, memoryBytes } = context.limits;
  const held: Partial<Limits> = {
    stringLength: Math.floor(memoryBytes / BYTES_PER_CHARACTER),
    collectionSize: Math.floor(memoryBytes / BYTES_PER_ELEMENT),
    contextBytes: memoryBytes,
  };
  const limits: { -readonly [Name in LimitName]: number } = { ...DEFAULT_LIMITS, ...kernel, ...asked };
  for (const name of LIMIT_NAMES) limits[name] = Math.min(limits[name], kernel[name] ?? Infinity, held[name] ?? Infinity);
  return limits;
}
