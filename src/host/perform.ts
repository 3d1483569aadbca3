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
  if (decision.allowed) return { allowed: true, decision, capability, grants: decision.grants, approval: null };
  if (decision.approval !== undefined) return { allowed: true, decision, capability, grants: decision.approval.grants, approval: decision.approval };
  const failure =
    decision.kind === 'security'
      ? securityFailure(call.capability, decision.reason, decision.hint)
      : new HostFailure(decision.kind, decision.reason);
  return { allowed: false, decision, answer: failed(call, failure) };
}

/** The answer when a call has to be allowed, and nobody can be asked, or somebody says no. */
export function refusedByPerson(call: HostCall, reason: string): Answer {
  return failed(call, securityFailure(call.capability, reason, null));
}

/** Why it is not allowed; empty when it is. */
export function refusalOf(decision: Decision): string {
  return decision.allowed ? '' : decision.reason;
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
  used(usage: Usage): void;
  left(): Amounts;
  readonly canCallBack: boolean;
  /** For the callbacks of the call. */
  newCallbacks(givenUp: AbortSignal): CallbackQueue;
  readonly clock: Host['clock'];
  /** Aborted when the program no longer waits. Made when it is asked for: most calls never look. */
  signal(): AbortSignal;
  /** Is told of failures that a capability should not have. */
  defect(cause: unknown): void;
}

/** The same with other parts. */
export function adapted(performance: Performance, parts: Partial<Performance>): Performance {
  const { capability, grants, exposed, idempotencyKey, run, canCallBack, clock } = performance;
  return {
    capability, grants, exposed, idempotencyKey, run, canCallBack, clock,
    used: (usage) => performance.used(usage), left: () => performance.left(), newCallbacks: (givenUp) => performance.newCallbacks(givenUp), signal: () => performance.signal(), defect: (cause) => performance.defect(cause),
    ...parts,
  };
}

/** A capability that answers at once gives the answer itself, so that a plan with many such calls never waits. */
export function perform(call: HostCall, performance: Performance): Answer | Promise<Answer> {
  try {
    const durationMs = timeoutOf(call);
    if (durationMs !== null) return answerWithin(call, performance, durationMs);
    const context = new Context(call, performance, null);
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
    const context = new Context(call, performance, signal);
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

/** Made for each call: what few capabilities look at is made when they do. */
class Context implements CallContext {
  readonly callId: string;
  readonly name: string;
  readonly idempotencyKey: string;
  readonly grants: CallContext['grants'];
  readonly exposed: MapValue;
  readonly run?: string;
  private readonly performance: Performance;
  private readonly deadline: AbortSignal | null;
  private callbacks: CallbackQueue | null = null;

  /** `deadline` is aborted when the call's time is over as well; null: it has no end. */
  constructor(call: HostCall, performance: Performance, deadline: AbortSignal | null) {
    this.callId = call.id;
    this.name = call.capability;
    this.idempotencyKey = performance.idempotencyKey;
    this.grants = performance.grants;
    this.exposed = performance.exposed;
    if (performance.run !== null) this.run = performance.run;
    this.performance = performance;
    this.deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.deadline ?? this.performance.signal();
  }

  get used(): (usage: Usage) => void {
    return (usage) => this.performance.used(usage);
  }

  get left(): () => Amounts {
    return () => this.performance.left();
  }

  get callBack(): CallBack | undefined {
    if (!this.performance.canCallBack) return undefined;
    return (this.callbacks ??= this.performance.newCallbacks(this.signal)).callBack;
  }

  get hasCalledBack(): boolean {
    return this.callbacks !== null;
  }

  /** The capability has ended: resolves when its callbacks have. */
  async close(hasFailed: boolean): Promise<void> {
    await this.callbacks?.close(hasFailed);
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
