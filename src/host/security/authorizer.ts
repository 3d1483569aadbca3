/**
 * Whether something may happen: three pure functions of an authority, which is data, and what is asked for. This is the one
 * way in which decisions are made; `policy.ts` makes the loop's port of it.
 *
 * - A1 Everything that speaks against a call is found, not only the first; what denies wins over what asks, and that over what
 *   allows. What is not known is denied.
 * - A2 In this order: the constitution's denials, the level, denied capabilities, the ceiling of capabilities, times, effects, isolation, secrets, grants; and
 *   when nothing of that denies, whether the constitution wants a person to allow it.
 */
import { shown } from '../failure.ts';
import type { ApprovalQuestion, FailureKind, Grant, Isolation, PolicyRequest, Reason } from '../port.ts';
import { shownForApproval } from './approval.ts';
import { type Constitution, type Ruling, ruleOn } from './constitution.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { containsEffect, effectsOf, normalEffects, overlaps, UNKNOWN_EFFECT } from './effects.ts';
import { grantText } from './grant.ts';
import { coversId, deniesId } from './pattern.ts';
import { recommendedIsolation } from './recommended.ts';
import { resourceText } from './resource.ts';
import { ISOLATIONS, LEVELS, type RuntimeContext } from './runtime-context.ts';
import { secretNames } from './secret.ts';
import { commonStretches, isWithin, momentText, nextBeginning, windowTexts } from './windows.ts';

/** Everything that decides, as data. */
export interface Authority {
  readonly context: RuntimeContext;
  /** What the context is called in messages: `the policy networking`. */
  readonly source: string;
  readonly constitution: Constitution | null;
  /** Calls below the recommended isolation are denied. */
  readonly strict: boolean;
  /** Absolute; relative paths of programs start here. */
  readonly baseDirectory: string;
}

export interface Authorization {
  readonly allowed: boolean;
  /** The grants that cover what was asked for; empty when it is not allowed. */
  readonly permissions: readonly Grant[];
  /** Of a refusal: all that speaks against it, the weightiest first. Of a permission: what gives cause for concern. */
  readonly reasons: readonly Reason[];
}

export interface CallAuthorization extends Authorization {
  /** Of a refusal: how the call fails. */
  readonly kind: FailureKind;
  /** The grant that is missing, as text, when nothing else is; else null. */
  readonly hint: string | null;
  /** A person may still allow it. */
  readonly approval: ApprovalQuestion | null;
}

export function authorizeCapability(authority: Authority, request: PolicyRequest): CallAuthorization {
  const effects = request.effects === undefined ? effectsOf(request.capability) : normalEffects(request.effects);
  const isolation = request.isolation ?? 'inherit';
  const ruling = rulingOnCall(authority, request, effects, isolation);
  const { context } = authority;
  const denials = [
    ...(ruling?.verdict === 'deny' ? [constitutionReason(authority, ruling)] : []),
    ...approvalDenials(request),
    ...levelDenials(authority),
    ...(context.level === 'pure' ? [] : [...denied(authority, request.capability), ...ceilingDenials(authority, request.capability), ...windowDenials(authority, request), ...effectDenials(authority, effects), ...isolationDenials(authority, request.capability, isolation)]),
    ...secretDenials(authority, request),
  ];
  const advice = adviceOn(request.capability, isolation);
  if (authority.strict) denials.push(...advice);
  const coverage = coverageOf(context.grants, request.capability, request.args, authority.baseDirectory);
  const missing = grantDenials(authority, coverage);
  if (denials.length > 0) return refused('security', null, coverage.covered || coverage.kind === 'security' ? [...denials, ...missing] : denials);
  if (!coverage.covered) return refused(coverage.kind, hintOf(authority, coverage), missing);
  if (ruling?.verdict === 'require-approval') {
    const reason = constitutionReason(authority, ruling);
    return { ...refused('security', null, [reason]), approval: questionOf(ruling, request, reason, coverage.grants) };
  }
  return { allowed: true, permissions: coverage.grants, reasons: advice, kind: 'security', hint: null, approval: null };
}

function refused(kind: FailureKind, hint: string | null, reasons: readonly Reason[]): CallAuthorization {
  return { allowed: false, permissions: [], reasons, kind, hint, approval: null };
}

// ── the rules, one by one ────────────────────────────────────────────────────────────────────────────────────────────

function rulingOnCall({ constitution, baseDirectory }: Authority, request: PolicyRequest, effects: readonly string[], isolation: Isolation): Ruling | null {
  if (constitution === null) return null;
  const derivedFrom = request.origins ?? [...new Set((request.derivedFrom ?? []).map((origin) => origin.key))];
  const resource = resourceText(request.capability, request.args, baseDirectory);
  return ruleOn(constitution, { on: 'call', capability: request.capability, effects, args: request.args, resource, isolation, derivedFrom });
}

function constitutionReason({ constitution }: Authority, { verdict, rule, keys }: Ruling): Reason {
  const because = keys.length === 0 ? '' : ` (because of ${keys.map((key) => `:${key}`).join(' ')})`;
  const what = rule === null ? 'no rule of it allows this' : `rule ${rule.id}: ${rule.reason}${because}`;
  const cure = verdict === 'require-approval' ? 'somebody has to allow it: rtfs approve RUN' : null;
  return { rule: 'constitution', id: rule?.id ?? null, source: `the constitution ${constitution!.name}`, message: what, cure };
}

/** Nobody has looked at the capability yet, or somebody has and did not like it. */
function approvalDenials({ capability, approval = 'auto' }: PolicyRequest): Reason[] {
  if (approval === 'auto' || approval === 'approved') return [];
  const message = approval === 'pending' ? 'nobody has approved it yet ("approval" in its manifest)' : 'its approval was revoked';
  return [{ rule: 'approval', id: approval, source: `the manifest of ${capability}`, message, cure: 'say "approval": "approved" in its manifest' }];
}

function levelDenials({ context, source }: Authority): Reason[] {
  return context.level === 'pure' ? [{ rule: 'level', id: 'pure', source, message: 'programs of the level :pure make no calls', cure: 'run it under a policy of the level controlled' }] : [];
}

function denied({ context, source }: Authority, capability: string): Reason[] {
  const pattern = context.deniedCapabilities.find((one) => deniesId(one, capability));
  if (pattern === undefined) return [];
  return [{ rule: 'capability', id: pattern, source, message: `${source} denies it (${pattern})`, cure: `remove ${JSON.stringify(pattern)} from the "denied-capabilities" of ${source}` }];
}

/** Outside of its times. What has begun to wait goes on waiting: it does nothing. */
function windowDenials({ context, source }: Authority, { capability, atMs, isWaiting = false }: PolicyRequest): Reason[] {
  const rules = context.windows.filter((one) => deniesId(one.capability, capability));
  if (rules.length === 0 || isWaiting) return [];
  const open = rules.slice(1).reduce((common, one) => commonStretches(common, one.open), rules[0]!.open);
  if (atMs !== undefined && isWithin(open, atMs)) return [];
  const next = atMs === undefined ? null : nextBeginning(open, atMs);
  const when = open.length === 0 ? 'at no time' : `${windowTexts(open).join(', ')} UTC`;
  const again = open.length === 0 ? '' : next === null ? ', and it is not known what time it is' : `; the next time begins ${momentText(next)}`;
  return [{
    rule: 'window', id: rules.map((one) => one.capability).join(' '), source, message: `${source} allows it ${when}${again}`,
    cure: `${next === null ? '' : `wait until ${momentText(next)}, or `}change the "windows" of ${source}`,
  }];
}

function ceilingDenials({ context, source }: Authority, capability: string): Reason[] {
  if (context.capabilities.some((pattern) => coversId(pattern, capability))) return [];
  const allowed = context.capabilities.length === 0 ? 'nothing' : context.capabilities.join(' ');
  return [{ rule: 'capability', id: capability, source, message: `${source} does not allow it (it allows ${allowed})`, cure: `add ${JSON.stringify(capability)} to the "capabilities" of ${source}` }];
}

function effectDenials({ context, source }: Authority, effects: readonly string[]): Reason[] {
  const { effects: allowed, deniedEffects } = context;
  return effects.flatMap((effect): Reason[] => {
    const denied = deniedEffects.find((one) => overlaps(one, effect));
    if (denied !== undefined) return [{ rule: 'effect', id: effect, source, message: `${source} denies the effect :${denied}`, cure: `remove ${JSON.stringify(denied)} from the "denied-effects" of ${source}` }];
    const isLimited = allowed !== null || (effect === UNKNOWN_EFFECT && deniedEffects.length > 0);
    if (!isLimited || (allowed ?? []).some((one) => containsEffect(one, effect))) return [];
    const what = effect === UNKNOWN_EFFECT ? 'its effects are not known' : `it has the effect :${effect}`;
    return [{ rule: 'effect', id: effect, source, message: `${what}, which ${source} does not allow`, cure: `add ${JSON.stringify(effect)} to the "effects" of ${source}` }];
  });
}

function isolationDenials({ context, source }: Authority, capability: string, isolation: Isolation): Reason[] {
  const broken = context.isolation.minimum.filter((one) => coversId(one.capability, capability) && isMoreOpen(isolation, one.level));
  return broken.map(({ level }) => ({
    rule: 'isolation', id: level, source, message: `its step must be :${level}, and is :${isolation}`, cure: `make the call in a step with :isolation :${level}`,
  }));
}

/** Whether a step of the level `a` sees more than one of the level `b`. */
function isMoreOpen(a: Isolation, b: Isolation): boolean {
  return ISOLATIONS.indexOf(a) < ISOLATIONS.indexOf(b);
}

function adviceOn(capability: string, isolation: Isolation): Reason[] {
  const level = recommendedIsolation(capability);
  if (!isMoreOpen(isolation, level)) return [];
  return [{
    rule: 'recommended', id: level, source: 'the recommended isolation', message: `${capability} is best called from a step that is :${level}, and this one is :${isolation}`,
    cure: `make the call in a step with :isolation :${level}`,
  }];
}

/** Secrets go only where they are taken, and only while they are granted. */
function secretDenials(authority: Authority, { capability, args, takesSecrets }: PolicyRequest): Reason[] {
  return secretNames(args).flatMap((name): Reason[] => {
    if (takesSecrets !== true) {
      return [{ rule: 'secret', id: name, source: capability, message: `it takes no secrets, and its arguments hold the secret ${shown(name)}`, cure: null }];
    }
    const coverage = coverageOf(authority.context.grants, 'secret.get', [name], authority.baseDirectory);
    return coverage.covered ? [] : [{ rule: 'secret', id: name, source: '--allow', message: `the secret ${shown(name)} is not granted`, cure: `--allow secret=${name}` }];
  });
}

function grantDenials(authority: Authority, coverage: Coverage): Reason[] {
  if (coverage.covered) return [];
  const hint = hintOf(authority, coverage);
  return [{ rule: 'grant', id: null, source: '--allow', message: coverage.reason, cure: hint === null ? null : `--allow ${hint}` }];
}

function hintOf({ baseDirectory }: Authority, coverage: Extract<Coverage, { covered: false }>): string | null {
  return coverage.needed === null ? null : grantText(coverage.needed, baseDirectory);
}

function questionOf({ rule }: Ruling, request: PolicyRequest, reason: Reason, grants: readonly Grant[]): ApprovalQuestion {
  const id = rule?.id ?? 'otherwise';
  return { rule: id, question: rule?.question ?? `Allow :${request.capability}? (${reason.message})`, shown: shownForApproval({ ...request, rule: id }), grants };
}

// ── programs and contexts ────────────────────────────────────────────────────────────────────────────────────────────

export interface ProgramFacts {
  /** Of its code: 64 hexadecimal digits. */
  readonly hash: string;
  /** What it does to the world, as far as that was found out; null when it was not. */
  readonly effects: readonly string[] | null;
  /** Where it comes from: a path, a URL, `generated:MODEL`. */
  readonly provenance: string;
}

/** Whether a program may be started at all: before its first step. */
export function authorizeProgram(authority: Authority, program: ProgramFacts): Authorization {
  const effects = program.effects === null ? [UNKNOWN_EFFECT] : normalEffects(program.effects);
  const ruling = authority.constitution === null ? null : ruleOn(authority.constitution, { on: 'program', hash: program.hash, effects, provenance: program.provenance });
  const pure = authority.context.level === 'pure' && program.effects !== null && effects.length > 0 ? levelDenials(authority) : [];
  // Each call of a program whose effects were not found out is decided by itself.
  const checked = program.effects === null ? [] : effectDenials(authority, effects);
  const ruled = ruling !== null && ruling.verdict !== 'allow' ? [constitutionReason(authority, ruling)] : [];
  return authorization(authority.context.grants, [...ruled, ...pure, ...checked]);
}

/** What is needed of a context; what is absent is not needed. */
export interface Needs {
  readonly level?: RuntimeContext['level'];
  readonly capabilities?: readonly string[];
  readonly effects?: readonly string[];
  readonly isolation?: readonly Isolation[];
  readonly timeMs?: number;
  readonly memoryBytes?: number;
}

/** Whether the context has what is needed: for plans that say it beforehand, and for runs that go on under another context. */
export function validateExecutionContext(authority: Authority, needs: Needs): Authorization {
  const { context, source } = authority;
  const missing = (rule: string, id: string, message: string): Reason => ({ rule, id, source, message: `${source} ${message}`, cure: null });
  const tooMuch = (name: string, wanted: number | undefined, most: number): Reason[] =>
    wanted !== undefined && wanted > most ? [missing('limit', name, `has ${most} of ${name}, and ${wanted} are needed`)] : [];
  return authorization(context.grants, [
    ...(needs.level !== undefined && LEVELS.indexOf(needs.level) > LEVELS.indexOf(context.level) ? [missing('level', needs.level, `is of the level :${context.level}, and :${needs.level} is needed`)] : []),
    ...(needs.capabilities ?? []).flatMap((capability) => ceilingDenials(authority, capability)),
    ...effectDenials(authority, normalEffects(needs.effects ?? [])),
    ...(needs.isolation ?? []).filter((level) => !context.isolation.allowed.includes(level)).map((level) => missing('isolation', level, `does not allow steps that are :${level}`)),
    ...tooMuch('time-ms', needs.timeMs, context.limits.timeMs),
    ...tooMuch('memory-bytes', needs.memoryBytes, context.limits.memoryBytes),
  ]);
}

function authorization(permissions: readonly Grant[], denials: readonly Reason[]): Authorization {
  return denials.length === 0 ? { allowed: true, permissions, reasons: [] } : { allowed: false, permissions: [], reasons: denials };
}
