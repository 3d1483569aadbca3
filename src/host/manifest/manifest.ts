/**
 * What a host knows of a capability besides how to call it: the manifest. It is plain data, but for the JavaScript function of an
 * executor that a program of the embedder brings along.
 *
 * How arguments and input go together: when the type of the input is a map (`[:map …]`, a struct), a call gives one map, or the values of
 * the required entries in the order of their declaration; when it is a tuple, or a union of tuples, a call gives the elements; any other
 * type is that of the one argument. Without a type anything goes, and the input is the vector of the arguments.
 */
import type { Capability, Determinism } from '../port.ts';
import type { Executor } from '../executor/executor.ts';
import type { Value } from '../../value/value.ts';

/** pending: nobody has looked at it yet · approved: by a person · auto: by a rule, or none is asked for · revoked: no more calls. */
export const APPROVALS = ['pending', 'approved', 'auto', 'revoked'] as const;
export type Approval = (typeof APPROVALS)[number];

export const DETERMINISMS: readonly [Determinism, ...Determinism[]] = ['pure', 'idempotent', 'recorded', 'live'];

/** The effect of what is not known. Policies deny it unless they name it. */
export const UNKNOWN_EFFECT = 'unknown';

export interface Manifest {
  /** `weather.today`, without a colon. */
  readonly id: string;
  /** `1.4.0`; null when it has none of its own. */
  readonly version: string | null;
  /** One line for people. */
  readonly summary: string;
  /** Who brings it: `house`, `project`, `mcp:SERVER`, or what the file says. */
  readonly provider: string;
  /** Types of the language in normalised form (`ir/type.ts`); null when nothing is declared. */
  readonly input: Value;
  readonly output: Value;
  /** What a call does to the world, by name without a colon: `fs` `network` `clock`. Empty for nothing. */
  readonly effects: readonly string[];
  readonly determinism: Determinism;
  /** What one call costs at least, in the operator's unit of money and in tokens of a model; 0 when it is free. */
  readonly cost: number;
  readonly tokens: number;
  /** Names of the secrets that it is given. */
  readonly secrets: readonly string[];
  /** After which a call is given up; null for never. */
  readonly timeoutMs: number | null;
  readonly approval: Approval;
  readonly tags: readonly string[];
  /** Null when the capability is part of the host. */
  readonly executor: Executor | null;
}

/** The manifest of a capability: its own, or what can be told without one. */
export function manifestOf(capability: Capability): Manifest {
  return capability.manifest ?? { ...UNDECLARED, id: capability.id, summary: capability.summary, determinism: capability.determinism, tags: capability.tags ?? [] };
}

/** What is assumed of a capability that says nothing of itself. */
export const UNDECLARED: Omit<Manifest, 'id' | 'summary'> = {
  version: null,
  provider: 'project',
  input: null,
  output: null,
  effects: [UNKNOWN_EFFECT],
  determinism: 'live',
  cost: 0,
  tokens: 0,
  secrets: [],
  timeoutMs: null,
  approval: 'auto',
  tags: [],
  executor: null,
};
