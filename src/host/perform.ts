/**
 * One call, from the request to the answer: which capability, whether it may (the policy's word), how long, and what
 * comes back. Every way to fail ends as an answer; nothing is thrown.
 */
import { suggest } from '../diagnostic/suggest.ts';
import { MapValue } from '../value/map.ts';
import { isInteger, keyword, type KindName, kindOf, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { GivenUp, withDeadline } from './deadline.ts';
import { argumentFailure, cancelledFailure, didYouMean, failureValue, HostFailure, securityFailure, shown, typeFailure } from './failure.ts';
import { hintsOf } from './hint/hints.ts';
import { CallbackFailure, type CallbackQueue } from './callback/callback.ts';
import type { Attempting } from './memory.ts';
import type { Amounts } from './amounts.ts';
import type { Answer, ApprovalQuestion, CallBack, CallContext, Capability, Decision, Host, HostCall, PolicyRequest, Usage, Wait, WaitCapability, WorkCapability } from './port.ts';

/** What was decided about a call, with the capability that it goes to when it may. */
export type Judged = Accepted | Refused;
interface Accepted {
  readonly allowed: true;
  readonly decision: Decision;
  readonly capability: Capability;
  readonly grants: CallContext['grants'];
  /** What a person has to allow first; null: nothing. */
  readonly approval: ApprovalQuestion | null;
  /** The answer when nobody can be asked, or somebody says no. */
  readonly refusal: (reason: string) => Answer;
}
interface Refused {
  readonly allowed: false;
  readonly decision: Decision;
  readonly answer: Answer;
}

/** `wasBegun`: an earlier process has. `origins`: all keys that went into the arguments, where somebody follows them. */
export function judge(call: HostCall, host: Pick<Host, 'capabilities' | 'policy' | 'clock'>, wasBegun = false, origins?: readonly string[]): Judged {
  const capability = host.capabilities.find(call.capability);
  if (capability === undefined) return unknown(call, host);
  const decision = host.policy.decide(requestOf(call, capability, host.clock.nowMs(), wasBegun && 'wait' in capability, origins));
  const refusal = (reason: string): Answer => failed(call, securityFailure(call.capability, reason, null));
  if (decision.allowed) return { allowed: true, decision, capability, grants: decision.grants, approval: null, refusal };
  if (decision.approval !== undefined) return { allowed: true, decision, capability, grants: decision.approval.grants, approval: decision.approval, refusal };
  const failure =
    decision.kind === 'security'
      ? securityFailure(call.capability, decision.reason, decision.hint)
      : new HostFailure(decision.kind, decision.reason);
  return { allowed: false, decision, answer: failed(call, failure) };
}

/** Field by field: this is made for each call, and objects that are spread together cost more than the rest of it. */
function requestOf(call: HostCall, capability: Capability, atMs: number, isWaiting: boolean, origins: readonly string[] | undefined): PolicyRequest {
  const { args, isolation, step, derivedFrom } = call;
  const request: { -readonly [Field in keyof PolicyRequest]: PolicyRequest[Field] } = { capability: capability.id, args, isolation, step, atMs, isWaiting };
  if (capability.manifest !== undefined) request.effects = capability.manifest.effects;
  if (capability.takesSecrets !== undefined) request.takesSecrets = capability.takesSecrets;
  if (derivedFrom !== undefined) request.derivedFrom = derivedFrom;
  if (origins !== undefined) request.origins = origins;
  return request;
}

function unknown(call: HostCall, host: Pick<Host, 'capabilities'>): Refused {
  const meant = suggest(call.capability, host.capabilities.names());
  const name = shown(keyword(call.capability)).slice(1);
  const message = `Unknown capability: ${name}${didYouMean(meant.map((id) => `:${id}`))}`;
  const failure = new HostFailure('capability', message, MapValue.of(keyword('suggestions'), Vector.adopt([...meant])));
  return { allowed: false, decision: { allowed: false, kind: 'capability', reason: message, hint: null }, answer: failed(call, failure) };
}

/** Whether the call is carried out with hints; an answer when they mean nothing. */
export function hintsIn(call: HostCall): 'none' | 'some' | Answer {
  try {
    return hintsOf(call) === null ? 'none' : 'some';
  } catch (cause) {
    if (cause instanceof HostFailure) return failed(call, cause);
    throw cause;
  }
}

/** The call as one of its attempts is made. */
export function attemptOf(call: HostCall, { capability, passArgs, timeoutMs }: Attempting): HostCall {
  return withTimeLimit({ ...call, capability, args: passArgs ? call.args : [] }, timeoutMs);
}

/** The call with no more time than that; null for what it says itself. */
export function withTimeLimit(call: HostCall, timeoutMs: number | null): HostCall {
  if (timeoutMs === null) return call;
  const options = call.options instanceof MapValue ? call.options : MapValue.empty();
  const own = options.get(TIMEOUT) ?? null;
  // What is no time is told to the program, when the call is made.
  if (own !== null && (!isInteger(own) || own <= timeoutMs)) return call;
  return { ...call, options: options.set(TIMEOUT, Math.max(1, timeoutMs)) };
}

const TIMEOUT = keyword('timeout-ms');

export interface Performance {
  readonly capability: WorkCapability;
  readonly grants: CallContext['grants'];
  readonly exposed: CallContext['exposed'];
  readonly idempotencyKey: string;
  /** The id of the run; null when it has none. */
  readonly run: string | null;
  readonly used: (usage: Usage) => void;
  readonly left: () => Amounts;
  /** For the callbacks of the call; null: it cannot call back. */
  readonly newCallbacks: ((givenUp: AbortSignal) => CallbackQueue) | null;
  readonly clock: Host['clock'];
  /** Aborted when the program no longer waits. Made when it is asked for: most calls never look. */
  readonly signal: () => AbortSignal;
  /** Is told of failures that a capability should not have. */
  readonly defect: (cause: unknown) => void;
}

/** A capability that answers at once gives the answer itself, so that a plan with many such calls never waits. */
export function perform(call: HostCall, performance: Performance): Answer | Promise<Answer> {
  try {
    const durationMs = timeoutOf(call);
    if (durationMs !== null) return answerWithin(call, performance, durationMs);
    const context = new Context(call, performance, performance.signal);
    const given = performance.capability.call(call.args.slice(), context);
    if (!(given instanceof Promise)) return context.hasCalledBack ? context.close(false).then(() => answered(call, given, performance)) : answered(call, given, performance);
    return given.then(
      (value) => (context.hasCalledBack ? context.close(false).then(() => answered(call, value, performance)) : answered(call, value, performance)),
      (cause: unknown) => (context.hasCalledBack ? context.close(true).then(() => failureAnswer(call, cause, performance)) : failureAnswer(call, cause, performance)),
    );
  } catch (cause) {
    return failureAnswer(call, cause, performance);
  }
}

async function answerWithin(call: HostCall, performance: Performance, durationMs: number): Promise<Answer> {
  const deadline = { clock: performance.clock, durationMs, signal: performance.signal() };
  const work = async (signal: AbortSignal): Promise<Value> => {
    const context = new Context(call, performance, () => signal);
    let hasFailed = true;
    try {
      const value = await performance.capability.call(call.args.slice(), context);
      hasFailed = false;
      return value;
    } finally {
      await context.close(hasFailed);
    }
  };
  return withDeadline(deadline, work).then((value) => answered(call, value, performance), (cause: unknown) => failureAnswer(call, cause, performance));
}

/** The signal is made when a capability looks at it. */
class Context implements CallContext {
  readonly callId: string;
  readonly name: string;
  readonly idempotencyKey: string;
  readonly grants: CallContext['grants'];
  readonly exposed: MapValue;
  readonly run?: string;
  readonly used: (usage: Usage) => void;
  readonly left: () => Amounts;
  private readonly makeSignal: () => AbortSignal;
  private readonly newCallbacks: Performance['newCallbacks'];
  private callbacks: CallbackQueue | null = null;

  constructor(call: HostCall, { idempotencyKey, grants, exposed, run, used, left, newCallbacks }: Performance, makeSignal: () => AbortSignal) {
    this.callId = call.id;
    this.name = call.capability;
    this.idempotencyKey = idempotencyKey;
    this.grants = grants;
    this.exposed = exposed;
    if (run !== null) this.run = run;
    this.used = used;
    this.left = left;
    this.makeSignal = makeSignal;
    this.newCallbacks = newCallbacks;
  }

  get callBack(): CallBack | undefined {
    if (this.newCallbacks === null) return undefined;
    return (this.callbacks ??= this.newCallbacks(this.signal)).callBack;
  }

  get hasCalledBack(): boolean {
    return this.callbacks !== null;
  }

  /** The capability has ended: resolves when its callbacks have. */
  async close(hasFailed: boolean): Promise<void> {
    await this.callbacks?.close(hasFailed);
  }

  get signal(): AbortSignal {
    return this.makeSignal();
  }
}

function answered(call: HostCall, value: unknown, performance: Performance): Answer {
  if (isValue(value)) return { id: call.id, ok: true, value };
  return failed(call, failureOf(new NotAValue(), call, performance));
}

/** What a person said, as the answer to the call that waits for it. */
export function answerOf(call: HostCall, wait: Extract<Wait, { kind: 'person' }>, text: string | null): Answer {
  if (text === null) return failed(call, new HostFailure('host', `${call.capability}: nobody can answer: the input has ended (is it a terminal?)`));
  const read = wait.read(text);
  return read.ok ? { id: call.id, ok: true, value: read.value } : failed(call, new HostFailure('host', `${call.capability}: ${read.error}`));
}

/** What the call waits for; a refusal when its arguments say nothing. */
export function waitOf(call: HostCall, capability: WaitCapability): Wait | Answer {
  try {
    timeoutOf(call);
    return capability.wait(call.args.slice());
  } catch (cause) {
    return failed(call, cause instanceof HostFailure ? cause : new HostFailure('internal', `The capability ${capability.id} failed`));
  }
}

/** `:timeout-ms` of the call's options; null for none. Throws a `HostFailure` for what is no time. */
export function timeoutOf(call: HostCall): number | null {
  if (!(call.options instanceof MapValue)) return null;
  const value = call.options.get(TIMEOUT) ?? null;
  if (value === null) return null;
  if (!isInteger(value)) throw typeFailure(`${call.capability} (:timeout-ms)`, 'integer', value);
  if (value > 0 && value <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw argumentFailure(call.capability, `:timeout-ms must be greater than 0, and is ${shown(value)}`);
}

function failureOf(cause: unknown, call: HostCall, performance: Performance): HostFailure {
  if (cause instanceof HostFailure) return cause;
  if (cause instanceof GivenUp) {
    if (cause.reason === 'cancelled') return cancelledFailure(call.capability);
    return timeoutFailure(call);
  }
  performance.defect(cause);
  return new HostFailure('internal', `The capability ${performance.capability.id} failed`);
}

function timeoutFailure(call: HostCall): HostFailure {
  return new HostFailure('timeout', `Timeout: ${call.capability} took longer than ${timeoutOf(call)} ms`);
}

export function timeoutAnswer(call: HostCall): Answer {
  return failed(call, timeoutFailure(call));
}

function failureAnswer(call: HostCall, cause: unknown, performance: Performance): Answer {
  return cause instanceof CallbackFailure ? { id: call.id, ok: false, error: cause.error } : failed(call, failureOf(cause, call, performance));
}

export function failed(call: HostCall, failure: HostFailure): Answer {
  return { id: call.id, ok: false, error: failureValue(failure) };
}

/** A capability answered with something that is no value of the language. */
class NotAValue extends Error {}

/** Looks at the outside only: what is inside a collection of ours is a value already. */
function isValue(value: unknown): value is Value {
  switch (typeof value) {
    case 'boolean':
    case 'string':
    case 'bigint':
      return true;
    case 'number':
      return !Object.is(value, -0);
    case 'object':
      return value === null || KINDS.has(kindOf(value as Value));
    default:
      return false;
  }
}

const KINDS: ReadonlySet<KindName> = new Set(['float', 'keyword', 'symbol', 'list', 'vector', 'map', 'set', 'function', 'timestamp', 'uuid', 'resource', 'error']);
