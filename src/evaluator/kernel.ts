/**
 * The kernel's door: pure functions from (state, answer) to (outcome, state).
 *
 * The kernel owns what a plan means, its limits and its state; the host owns the world: capabilities, time, storage,
 * and the decision which of two resumptions of one state may spend.
 */
import { ErrorValue, keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { printValue } from '../value/print.ts';
import { Vector } from '../value/vector.ts';
import type { CodeTable } from './code.ts';
import { rootContext } from './context.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type KernelFunctions, Machine } from './machine.ts';
import type { PrimitiveTable } from './primitives/registry.ts';
import type { Advance, Answer, Outcome, State } from './state.ts';

export interface StartOptions {
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Fuel after which the run pauses with the outcome `preempted`. Default: never. */
  readonly quantum?: number;
  /** Values of variables that exist from the start. */
  readonly variables?: Iterable<readonly [string, Value]>;
  /** What `context/get` finds outside of all steps. */
  readonly context?: MapValue;
}

export interface ResumeOptions {
  readonly quantum?: number;
}

/** Calls the function with the arguments. */
export function start(table: CodeTable, fn: Value, args: readonly Value[], options: StartOptions = {}): Advance {
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const state: State = {
    table,
    status: 'ready',
    frame: null,
    variables: new Map(options.variables ?? []),
    context: rootContext(options.context ?? MapValue.empty()),
    limits,
    fuel: limits.fuel,
    allocation: limits.allocation,
    calls: 0,
    pending: [],
  };
  const machine = new Machine(state, kernelFunctions(table.primitives), options.quantum ?? Number.POSITIVE_INFINITY);
  return advance(machine, machine.begin(fn, args));
}

/**
 * Goes on with a state: with the answer to its pending call, or with none after a preemption. A state may be resumed
 * any number of times. A state that is done, an answer that nobody waits for, and a missing answer are errors of the
 * caller: the outcome is `failed` with kind `host` and the state is the one given.
 */
export function resume(state: State, answers: readonly Answer[], options: ResumeOptions = {}): Advance {
  const problem = misuse(state, answers);
  if (problem !== null) return refused(state, problem);
  const machine = new Machine(state, kernelFunctions(state.table.primitives), options.quantum ?? Number.POSITIVE_INFINITY);
  const answer = answers[0];
  if (answer === undefined) return advance(machine, machine.proceed());
  return advance(machine, answer.ok ? machine.answer(answer.value) : machine.answerFailure(answer.error));
}

function misuse(state: State, answers: readonly Answer[]): string | null {
  if (state.status === 'done') return 'the run is over';
  if (state.status === 'ready') return answers.length === 0 ? null : 'the run waits for no answer';
  if (answers.length !== 1) return `the run waits for one answer, ${answers.length} were given`;
  const pending = state.pending[0]!;
  return answers[0]!.id === pending.id ? null : `the run waits for the answer to call ${pending.id}, not to ${answers[0]!.id}`;
}

function refused(state: State, problem: string): Advance {
  const error = new ErrorValue(keyword('error/host'), `Cannot resume: ${problem}`, null, null, Vector.empty());
  return { outcome: { kind: 'failed', error }, state, events: [] };
}

function advance(machine: Machine, signal: 'complete' | 'failed' | 'waiting' | 'preempted'): Advance {
  const state = machine.save(signal);
  return { outcome: outcomeOf(machine, signal), state, events: machine.events };
}

function outcomeOf(machine: Machine, signal: 'complete' | 'failed' | 'waiting' | 'preempted'): Outcome {
  switch (signal) {
    case 'complete':
      return { kind: 'complete', value: machine.result };
    case 'failed':
      return { kind: 'failed', error: asError(machine.result) };
    case 'waiting':
      return { kind: 'requires-host', calls: [machine.pending!] };
    case 'preempted':
      return { kind: 'preempted' };
  }
}

/** A plan may throw any value; what leaves it is an error. */
function asError(thrown: Value): ErrorValue {
  if (thrown instanceof ErrorValue) return thrown;
  const text = printValue(thrown, { maxLength: 200 }) ?? 'a large value';
  const type = thrown instanceof MapValue ? thrown.get(keyword('type')) : undefined;
  const kind = typeof type === 'object' && type !== null && type.kind === 'keyword' ? type : keyword('error/thrown');
  const message = thrown instanceof MapValue ? thrown.get(keyword('message')) : undefined;
  return new ErrorValue(kind, typeof message === 'string' ? message : `Uncaught: ${text}`, thrown, null, Vector.empty());
}

const functionsOf = new WeakMap<PrimitiveTable, KernelFunctions>();

/** The primitives that instructions fall back to, looked up once for each table. */
function kernelFunctions(table: PrimitiveTable): KernelFunctions {
  let functions = functionsOf.get(table);
  if (functions === undefined) {
    functions = lookUp(table);
    functionsOf.set(table, functions);
  }
  return functions;
}

function lookUp(table: PrimitiveTable): KernelFunctions {
  const need = (name: string): NonNullable<ReturnType<PrimitiveTable['get']>> => {
    const primitive = table.get(name);
    if (primitive === null) throw new Error(`the kernel needs the primitive ${name}`);
    return primitive;
  };
  return {
    add: need('+'), sub: need('-'), mul: need('*'), inc: need('inc'), dec: need('dec'), lt: need('<'), le: need('<='), gt: need('>'),
    ge: need('>='), eq: need('='), nth: need('nth'), get: need('get'), keywordGet: need('%keyword-get'), conj: need('conj'),
    count: need('count'), first: need('first'), elements: need('%elements'),
  };
}
