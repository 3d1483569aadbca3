/** Methods about runs: `start`, `resume`, `cancel`, `callback`, `inspect`. */
import { cancel, resume, start, variablesAt } from '../../evaluator/kernel.ts';
import type { LimitName, Limits } from '../../evaluator/limits.ts';
import { errorValue } from '../../evaluator/raise.ts';
import type { Advance, Answer } from '../../evaluator/state.ts';
import { quoteJson } from '../../value/json-write.ts';
import { MapValue } from '../../value/map.ts';
import { ErrorValue, Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { codeOptions } from '../durable/recover.ts';
import { inspectionText, outcomeText, type Writing } from './outcome.ts';
import type { Params } from './params.ts';
import { codeOf } from './program-methods.ts';
import type { Given, Service } from './protocol.ts';
import { objectText, RPC_CODES, RpcError } from './rpc.ts';
import type { OpenCode, OpenState } from './token.ts';

const RUN_LENGTH_MAX = 200;

export function startMethod(params: Params, service: Service): Given {
  const variables = params.entries('variables').map(([name, json]) => [name, params.untagged(`variables.${name}`, json)] as const);
  const run = params.optionalText('run');
  if (run !== null && (run === '' || run.length > RUN_LENGTH_MAX)) params.refuse('run', `must have 1 to ${RUN_LENGTH_MAX} characters`);
  const context = contextOf(params);
  const limits = limitsOf(params, service.limits);
  const quantum = quantumOf(params, service);
  const code = codeOf(params, service, variables.map(([name]) => name));
  const { main, table } = code.program;
  return advanced(start(table, table.closureOf(main), [], { variables, context, limits, quantum }), { code, run }, service);
}

function contextOf(params: Params): MapValue {
  const context = params.has('context') ? params.value('context') : MapValue.empty();
  if (context instanceof MapValue && context.keys().every((key) => key instanceof Keyword)) return context;
  return params.refuse('context', 'must be an object whose keys are keywords (":name")');
}

function limitsOf(params: Params, most: Limits): Limits {
  const limits: Record<LimitName, number> = { ...most };
  if (!params.has('limits')) return limits;
  const names = Object.keys(most) as LimitName[];
  const given = params.object('limits', names);
  for (const name of names) {
    if (given.has(name)) limits[name] = given.count(name, 0, Math.min(most[name], Number.MAX_SAFE_INTEGER));
  }
  return limits;
}

function quantumOf(params: Params, { quantum }: Service): number {
  return params.has('quantum') ? params.count('quantum', 1, quantum) : quantum;
}

export function resumeMethod(params: Params, service: Service): Given {
  const open = stateOf(params, service);
  const answers = answersOf(params, open);
  return advanced(resume(open.state, answers, { quantum: quantumOf(params, service) }), open, service, open.state);
}

export function cancelMethod(params: Params, service: Service): Given {
  const open = stateOf(params, service);
  const reason = params.optionalText('reason') ?? 'the run was cancelled';
  return advanced(cancel(open.state, reason, { quantum: quantumOf(params, service) }), open, service, open.state);
}

/** A run of its own, which begins with a function that a call of the state was given. The state stays as it is. */
export function callbackMethod(params: Params, service: Service): Given {
  const { state, code, run } = stateOf(params, service);
  const call = params.text('call');
  if (!state.pending.some(({ id }) => id === call)) params.refuse('call', `must be one of the calls that wait: ${state.pending.map(({ id }) => id).join(', ') || 'there are none'}`);
  const options = codeOptions({ table: state.table });
  const fn = params.value('function', options);
  const args = params.has('args') ? params.value('args', options) : Vector.empty();
  if (!(args instanceof Vector)) return params.refuse('args', 'must be an array');
  const number = params.has('number') ? params.count('number', 1, Number.MAX_SAFE_INTEGER) : 1;
  const quantum = quantumOf(params, service);
  const { limits, isolations } = state;
  const started = start(state.table, fn, args.toArray(), { variables: variablesAt(state, call), limits, isolations, quantum });
  return advanced(started, { code, run: run === null ? null : `${run}~${call}~${number}` }, service);
}

export function inspectMethod(params: Params, service: Service): Given {
  const { state, run, code } = stateOf(params, service);
  return { result: { inspection: inspectionText(state, run, code.hash, writingOf(code, service)) } };
}

function stateOf(params: Params, service: Service): OpenState {
  const state = service.tokens.openState(params.text('state'));
  if (state.ok) return state.value;
  throw new RpcError(RPC_CODES.state, state.error.message, objectText({ reason: quoteJson(state.error.reason) }));
}

/** An answer is a value, or an error: `kind` as plans catch it (`host` for `:error/host`), a message, data. */
function answersOf(params: Params, { state }: OpenState): readonly Answer[] {
  const options = codeOptions({ table: state.table });
  return params.objects('answers', ['id', 'value', 'error']).map((one): Answer => {
    const id = one.text('id');
    if (!one.has('error')) return { id, ok: true, value: one.value('value', options) };
    if (one.has('value')) one.refuse('error', 'and value exclude each other');
    return { id, ok: false, error: errorOf(one.object('error', ['kind', 'message', 'data']), options) };
  });
}

function errorOf(error: Params, options: ReturnType<typeof codeOptions>): ErrorValue {
  const kind = error.optionalText('kind') ?? 'host';
  const message = error.text('message');
  const data: Value = error.has('data') ? error.value('data', options) : null;
  if (kind === '') error.refuse('kind', 'must be the name of a kind, like host, timeout or security');
  return kind === 'host' && data === null ? errorValue('host', message) : new ErrorValue(keyword(kind.includes('/') ? kind : `error/${kind}`), message, data, null, null);
}

function writingOf({ program }: OpenCode, { messageMax }: Service): Writing {
  return { maxLength: messageMax, lookup: (file) => program.table.sourceText(file) };
}

/** `before`: the state that was given, which the machine gives back when it was not asked rightly. */
function advanced(advance: Advance, { code, run }: Pick<OpenState, 'code' | 'run'>, service: Service, before: OpenState['state'] | null = null): Given {
  const { outcome, state, events } = advance;
  if (before !== null && state === before && outcome.kind === 'failed') {
    throw new RpcError(RPC_CODES.answers, outcome.error.message, objectText({ waiting: JSON.stringify(before.pending.map(({ id }) => id)) }));
  }
  const hasEnded = outcome.kind === 'complete' || outcome.kind === 'failed';
  return {
    result: { outcome: outcomeText({ outcome, state }, run, writingOf(code, service)), state: hasEnded ? 'null' : quoteJson(service.tokens.sealState(code, state, run)) },
    events,
  };
}
