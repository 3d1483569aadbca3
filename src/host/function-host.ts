/** A host made of functions of the embedding program, and one made of nothing. Needs nothing of node. */
import { fromPlain, type Plain, toPlain, toPlainWith } from '../value/plain.ts';
import type { Value } from '../value/value.ts';
import { timeCapabilities } from './capability/time.ts';
import { systemClock } from './clock.ts';
import { HostFailure } from './failure.ts';
import type { CallBack, CallContext, Capability, Clock, Determinism, Host, Policy } from './port.ts';
import { capabilityRegistry } from './registry.ts';

/**
 * What a plan calls: arguments and answer as JavaScript data (keywords are their names, maps are objects; an object as answer
 * becomes a map with keywords as keys, `undefined` nil). A function of the plan among the arguments is a function that may be called until the answer
 * is given, and gives a promise of what it comes to. Fails by throwing a `HostFailure`; whatever else is thrown reaches the plan
 * as `:error/internal` without its text.
 */
export type PlainFunction = (...args: never[]) => unknown;

/** `determinism`: what repeating the call means; decides what happens to a call of a durable run whose process died in it. */
export interface DeclaredFunction {
  readonly call: PlainFunction;
  readonly determinism: Determinism;
}

export interface FunctionHostOptions {
  readonly clock?: Clock;
  /** Capabilities that work on values themselves, beside the functions. */
  readonly capabilities?: readonly Capability[];
  /** What decides about calls. Default: whatever is here may be called. */
  readonly policy?: Policy;
}

/**
 * A host whose capabilities are the functions, by id (`shop.price`), and what steps wait for. Plain functions count as `live`: each call is felt
 * by the world.
 */
export function functionHost(functions: Readonly<Record<string, PlainFunction | DeclaredFunction>>, options: FunctionHostOptions = {}): Host {
  const { clock = systemClock, capabilities = [], policy = ALL_HERE } = options;
  const own = Object.entries(functions).map(([id, one]) => capabilityOf(id, typeof one === 'function' ? { call: one, determinism: 'live' } : one));
  return { capabilities: capabilityRegistry([...stepCapabilities(clock), ...own, ...capabilities], new Map()), policy, clock, close: () => Promise.resolve() };
}

/** A host without a world: every call but those of steps is answered with "Unknown capability". For pure programs and for tests. */
export function openPureHost(): Host {
  return functionHost({});
}

/** Naming a function is granting it; what was not named is unknown and never gets here. */
const ALL_HERE: Policy = { decide: ({ capability }) => ({ allowed: true, grants: [{ capability, scope: '*' }] }) };

/** What steps call by themselves: pauses between attempts, deadlines, checkpoints. */
function stepCapabilities(clock: Clock): readonly Capability[] {
  return timeCapabilities(clock).filter(({ id }) => id.startsWith('step.'));
}

function capabilityOf(id: string, { call, determinism }: DeclaredFunction): Capability {
  return {
    id,
    summary: 'a function of the host',
    determinism,
    call: (args: readonly Value[], { callBack }: CallContext) => {
      const plain = args.map((arg) => toPlainWith(arg, (fn) => (callBack === undefined ? toPlain(fn) : plainFunction(id, fn, callBack))));
      const given = (call as (...plain: unknown[]) => unknown)(...plain);
      return given instanceof Promise ? given.then((answer) => valueOf(id, answer, 'answer')) : valueOf(id, given, 'answer');
    },
  };
}

/** A function of the plan as one of JavaScript, which resolves with its answer. */
function plainFunction(id: string, fn: Value, callBack: CallBack): (...args: unknown[]) => Promise<Plain> {
  return async (...args) => toPlain(await callBack(fn, args.map((arg) => valueOf(id, arg, 'argument of a function'))));
}

function valueOf(id: string, answer: unknown, what: string): Value {
  const value = answer === undefined ? ({ ok: true, value: null } as const) : fromPlain(answer, { keys: 'keywords' });
  if (value.ok) return value.value;
  throw new HostFailure('type', `Type error in ${id}: the ${what} is no data: ${value.error.message}`);
}
