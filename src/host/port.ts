/**
 * The ports of the host: what the loop needs of the world, and what it needs of the kernel, as types.
 * Adapters implement them, `open.ts` brings them together; the loop knows nothing else.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import type { MapValue } from '../value/map.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import type { Candidate, DelegationChoice } from './delegation.ts';
import type { HintApplied } from './hint/plan.ts';
import type { Approval, Manifest } from './manifest/manifest.ts';
import type { Amounts, Passed } from './amounts.ts';

// ── The kernel, as the loop sees it ────────────────────────────────────────────────────────────────────────────────

/** A call that leaves the machine. */
export interface HostCall {
  /** Its place in the run: never used twice by one run, and the same when the run is repeated. */
  readonly id: string;
  /** As the program wrote it, without the colon: `fs.read`, `ccos.io.log`. */
  readonly capability: string;
  readonly args: readonly Value[];
  /** nil or a map; the loop understands `:timeout-ms`. */
  readonly options: Value;
  readonly span: Span | null;
  readonly step: string | null;
  /** How much of the contexts around it the step of the call sees. */
  readonly isolation: Isolation;
  /** The context values that went into the arguments. */
  readonly derivedFrom?: PolicyRequest['derivedFrom'];
}

export type Isolation = 'inherit' | 'isolated' | 'sandboxed';

export type Answer =
  | { readonly id: string; readonly ok: true; readonly value: Value }
  | { readonly id: string; readonly ok: false; readonly error: ErrorValue };

/**
 * `calls` are all calls that wait for an answer now, those that were handed out before included. One that was handed
 * out and is missing has been given up by the program: it is cancelled, and its answer is dropped.
 */
export type Outcome =
  | { readonly kind: 'complete'; readonly value: Value }
  /** `byHost`: the program did not come to it, the host would not go on. */
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly byHost?: true }
  | { readonly kind: 'requires-host'; readonly calls: readonly HostCall[] }
  /** It can go on without an answer; the calls wait already. */
  | { readonly kind: 'preempted'; readonly calls: readonly HostCall[] }
  /** Values are needed that lie in a store. A kernel that leaves values there fetches them before the loop hears of it (`kernel.ts`). */
  | { readonly kind: 'requires-values'; readonly values: readonly { readonly hash: string }[] };

/** What one go of the machine gives. */
export interface Turn<State, Event = unknown> {
  readonly outcome: Outcome;
  readonly state: State;
  readonly events: readonly Event[];
  /** A merge of this turn that a person has to allow first. Until then nothing of the turn has happened. */
  readonly held?: HeldMerge<State, Event>;
}

export interface HeldMerge<State, Event = unknown> {
  /** The merge, where calls are shown and asked about: its id is its position. */
  readonly call: HostCall;
  readonly approval: ApprovalQuestion;
  /** The same turn with a person's word on the merge; it may hold another one. */
  readonly again: (word: Word) => Turn<State, Event>;
}

/** What came of asking a person; `reason` says why not, null when nobody could be asked. `cancels`: the run was cancelled before anybody said a word. */
export type Word = { readonly isAllowed: true } | { readonly isAllowed: false; readonly reason: string | null; readonly cancels?: boolean };

/** What a capability sees of the context of a call. */
export interface Exposure {
  readonly shown: MapValue;
  /** Keys that it sees only when a person allows it; absent: there are none. */
  readonly asks?: ExposureQuestion;
}

export interface ExposureQuestion {
  /** The rule that wants to know, the first of them by key. */
  readonly rule: string;
  /** Sorted, with the rule of each. */
  readonly keys: readonly { readonly key: string; readonly rule: string; readonly valueHash: string }[];
  /** How the rule puts it; null: it says nothing. */
  readonly question: string | null;
  /** What is shown when they say no. */
  readonly withheld: MapValue;
}

export interface Kernel<Program, State, StartOptions extends Quantum = Quantum, Event = unknown> {
  readonly start: (program: Program, options?: StartOptions) => Turn<State, Event>;
  readonly resume: (state: State, answers: readonly Answer[], options?: Quantum) => Turn<State, Event>;
  /** Stops the run from outside, so that it undoes what it began. A kernel without it cannot be stopped so. */
  readonly cancel?: (state: State, reason: string, options?: Quantum) => Turn<State, Event>;
  /** The state with the data merged into the root of the run's contexts; or why that cannot be, for people. A kernel without it cannot be patched. */
  readonly patch?: (state: State, data: MapValue, policy: Value) => Result<State, string>;
  /** What the step of a waiting call shows of its context. A kernel without it shows nothing. */
  readonly exposed?: (state: State, callId: string) => MapValue;
  /** What of that the capability of the call may see. A kernel without it: all. */
  readonly shows?: (call: HostCall, exposed: MapValue) => Exposure;
  /** The variables of the program where it made the waiting call. A kernel without it has none. */
  readonly variables?: (state: State, callId: string) => ReadonlyMap<string, Value>;
}

/** How much fuel one go of the machine may use before it is preempted. */
export interface Quantum {
  readonly quantum?: number;
}

// ── Capabilities ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What repeating a call means. pure: same arguments, same answer · idempotent: repeating it changes nothing more ·
 * recorded: harmless, but the answer differs each time · live: each call is felt by the world.
 */
export type Determinism = 'pure' | 'idempotent' | 'recorded' | 'live';

/** What a plan can call: something that works, or something to wait for. */
export type Capability = WorkCapability | WaitCapability;

interface CapabilityFacts {
  /** `fs.read`. */
  readonly id: string;
  /** One line for people: arguments and answer. */
  readonly summary: string;
  readonly determinism: Determinism;
  /** What it belongs to, for policies that speak of many at once. */
  readonly tags?: readonly string[];
  /**
   * What its calls cost is only known when they are over: without anything left of the budget none is begun. Default: true for functions
   * and for what has no manifest, false for everything else, which costs what its manifest says.
   */
  readonly isMetered?: boolean;
  /** It may be given handles of secrets, and finds their texts in its arguments; without it such calls are refused. */
  readonly takesSecrets?: boolean;
  /** What else is known of it; see `manifestOf` for those that say nothing. */
  readonly manifest?: Manifest;
}

export interface WorkCapability extends CapabilityFacts {
  /** Several could carry out its calls. Absent: it is the only one. */
  readonly providers?: Providers;
  /** Fails by throwing or rejecting with a `HostFailure`; anything else counts as a bug of the capability. */
  readonly call: (args: readonly Value[], context: CallContext) => Value | Promise<Value>;
}

/** Who could carry out the calls of a capability, and by what one of them is chosen (`delegation.ts`). */
export interface Providers {
  /** Null when the call itself says who, or says nothing that means anything. */
  readonly candidates: (args: readonly Value[]) => readonly Candidate[] | null;
  /** The arguments of the call as the provider gets them that it goes to. */
  readonly argsFor: (args: readonly Value[], id: string) => readonly Value[];
  /** What a person is asked when nobody else is left. */
  readonly person: (args: readonly Value[]) => Extract<Wait, { kind: 'person' }>;
  readonly choice: DelegationChoice;
}

/** The host waits itself, so that the wait can outlive the process; it does not count among what works at the same time. */
export interface WaitCapability extends CapabilityFacts {
  /** What is waited for. Throws a `HostFailure` for arguments that say nothing. */
  readonly wait: (args: readonly Value[]) => Wait;
}

/** A timer gives nil when its time is over; a person gives a text, which `read` makes the answer of. */
export type Wait =
  | { readonly kind: 'timer'; readonly durationMs: number }
  | { readonly kind: 'person'; readonly question: string; readonly read: (text: string) => Result<Value, string> };

export interface CallContext {
  readonly callId: string;
  /** The same for every attempt at this call, in whatever process, and for no other call. */
  readonly idempotencyKey: string;
  /** The capability's id as the program wrote it, for messages. */
  readonly name: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The authority of this call, and all of it: the grants that cover this capability. */
  readonly grants: readonly Grant[];
  /** What both the policy and the step let the capability see of the plan's context; it cannot change it. */
  readonly exposed: MapValue;
  /** The id of the run, from which the ids of traces are made. Absent when the run has none. */
  readonly run?: string;
  /** Where a capability tells what the call has used, for budgets and records. */
  readonly used?: (usage: Usage) => void;
  /** What the call may use of the run's budget, for capabilities that make calls themselves. Absent or empty: nothing is limited. */
  readonly left?: () => Amounts;
  /** Calls a function of the plan, one that the arguments of this call hold. Absent where the run cannot do that. */
  readonly callBack?: CallBack | undefined;
}

/**
 * Each time is a run of its own (`callback/callback.ts`), one after the other. Resolves with what the function gives; rejects with a `HostFailure`: what the
 * function failed with, which the call fails with too when it is let pass.
 */
export type CallBack = (fn: Value, args?: readonly Value[]) => Promise<Value>;

/** In the operator's unit of money, and in tokens of a model. */
export interface Usage {
  readonly cost: number;
  readonly tokens: number;
  /** Calls that the capability made itself, and the bytes of those. */
  readonly calls?: number;
  readonly bytes?: number;
}

export interface CapabilityRegistry {
  /** Follows aliases. */
  readonly find: (id: string) => Capability | undefined;
  /** Ids and aliases, sorted. */
  readonly names: () => readonly string[];
}

// ── Security ───────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A permission, as data. `capability` is an id (`fs.read`), a family (`fs`) or `*`. `scope` says of what: an absolute
 * path, a host pattern, a name, or `*`; null where there is nothing to narrow.
 */
export interface Grant {
  readonly capability: string;
  readonly scope: string | null;
}

/** Why a call is refused, or why it gives cause for concern: for `why-denied`, for journals, for programs. */
export interface Reason {
  /** What decided: `approval` `level` `capability` `window` `effect` `isolation` `recommended` `secret` `grant` `constitution` `program` `limit` `budget`. */
  readonly rule: string;
  /** The id of the rule, the effect, the pattern: what of it decided. Null when the rule says all. */
  readonly id: string | null;
  /** Where that was said: `the policy networking`, `the constitution rules.json`, `--allow`. */
  readonly source: string;
  /** No full stop. */
  readonly message: string;
  /** How the call could be allowed; null when it cannot. */
  readonly cure: string | null;
}

/** A call that a person has to allow first: `shown` is what they see, and what their word is bound to. */
export interface ApprovalQuestion {
  readonly rule: string;
  readonly question: string;
  readonly shown: MapValue;
  /** What the call may use once it is allowed. */
  readonly grants: readonly Grant[];
}

export type Decision =
  | { readonly allowed: true; readonly grants: readonly Grant[]; readonly warnings?: readonly Reason[] }
  /**
   * `hint` is the text of a grant that would allow the call: `fs.read=data`. Null when none can help. `reasons` are all that stand
   * against it, the first being `reason`. With an `approval` the call may happen once a person has allowed it; who cannot ask, refuses.
   */
  | {
      readonly allowed: false;
      readonly kind: FailureKind;
      readonly reason: string;
      readonly hint: string | null;
      readonly reasons?: readonly Reason[];
      readonly approval?: ApprovalQuestion;
    };

export interface PolicyRequest {
  /** The canonical id. */
  readonly capability: string;
  readonly args: readonly Value[];
  readonly isolation?: Isolation;
  /** What it does to the world, as it declares; absent: what is known of the house's capabilities, else unknown. */
  readonly effects?: readonly string[];
  /** Whether it may be given secrets. */
  readonly takesSecrets?: boolean;
  /** Whether somebody has approved the capability; absent where none is asked for. */
  readonly approval?: Approval;
  readonly step?: string | null;
  /** When it would begin: milliseconds since 1970, by the host's clock. Absent: nobody knows, and what has times is denied. */
  readonly atMs?: number;
  /** It was begun before and does nothing but wait, for time or a person: times have nothing to say any more. */
  readonly isWaiting?: boolean;
  /** The context values that went into the arguments. */
  readonly derivedFrom?: readonly { readonly key: string; readonly context: string; readonly valueHash: string }[];
  /** All keys of contexts that went into the arguments, by whatever way; absent: nobody has followed them. */
  readonly origins?: readonly string[];
}

export interface Policy {
  /** From data alone: same request, same decision. */
  readonly decide: (request: PolicyRequest) => Decision;
  /** Whether the capability may see the context, as far as the step shows it. Without it nothing is shown. */
  readonly exposes?: (capability: Pick<Capability, 'id' | 'tags'>) => boolean;
}

/** The error kinds that a host may answer with. */
export type FailureKind =
  | 'capability'
  | 'security'
  | 'host'
  | 'timeout'
  | 'cancelled'
  | 'argument'
  | 'type'
  | 'arity'
  | 'budget'
  | 'validation'
  | 'internal';

// ── The world ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Clock {
  /** Whole milliseconds since 1970-01-01T00:00:00Z. */
  readonly nowMs: () => number;
  /** Resolves after that time, or at once when the signal is aborted (it never rejects). */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
}

/** A line of a person's, or null when nobody answers. Questions asked at once are put one by one. */
export type Ask = (prompt: string, signal: AbortSignal) => Promise<string | null>;

/** Where a program's text goes and where a person's answers come from. */
export interface Console {
  /** Both reject when the stream is closed. */
  readonly writeOut: (text: string) => Promise<void>;
  readonly writeError: (text: string) => Promise<void>;
  /** One line without its end, or null when there is no more input. Rejects when the question cannot be shown. */
  readonly ask: Ask;
  readonly close: () => void;
}

/** Unpredictable bytes. */
export type Entropy = (count: number) => Uint8Array;

/** A variable of the environment, or undefined. */
export type Environment = (name: string) => string | undefined;

/** The addresses of a host name, as text (`192.0.2.1`, `2001:db8::1`). Rejects with the system's error. */
export type ResolveName = (hostname: string) => Promise<readonly string[]>;

/** Is told what happens, in order; cannot change it. Every hook is optional and must not throw. */
export interface Observer<Event = unknown> extends CallObserver {
  /** What the machine did in one go. */
  readonly events?: (events: readonly Event[]) => void;
}

export interface CallObserver {
  readonly decided?: (call: HostCall, decision: Decision) => void;
  readonly answered?: (call: HostCall, answer: Answer) => void;
  /** The program no longer waits for it. */
  readonly dropped?: (call: HostCall) => void;
  /** A hint of the call has done something. */
  readonly applied?: (callId: string, what: HintApplied) => void;
  /** The run has taken more than a soft amount of its budget: once for each. */
  readonly passed?: (what: Passed) => void;
  /** A capability failed in a way that it should not: the cause, for its author and never for the program. */
  readonly defect?: (call: HostCall, cause: unknown) => void;
}

export interface Host {
  readonly capabilities: CapabilityRegistry;
  readonly policy: Policy;
  readonly clock: Clock;
  /** Absent where nobody can be asked. */
  readonly ask?: Ask;
  /** What the calls of a run may take in all, and what sets that, in words. `soft`: who takes more is told of. Absent: as much as they like. */
  readonly budget?: { readonly grant: Amounts; readonly source: string; readonly soft?: Amounts };
  /** How long the machine may work from one answer to the next call. Absent: as long as it likes. */
  readonly stretchMs?: number;
  /** Lets go of what the host holds open; resolves when programs that it started have ended. */
  readonly close: () => Promise<void>;
}
