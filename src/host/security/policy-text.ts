/**
 * Policies as text: a runtime context in JSON or RTFS data, read strictly and written back.
 *
 *   {"description": "…", "level": "controlled", "capabilities": ["http.", "io."], "effects": ["network", "ui"],
 *    "denied-effects": [], "denied-capabilities": ["*.delete"], "windows": {"http.": ["mon-fri 08:00-18:00"]},
 *    "grants": ["http=*"], "limits": {"time-ms": 5000, "memory-bytes": 67108864, "fuel": 1000000},
 *    "budget": {"calls": 100}, "soft-budget": {"calls": 80}, "isolation": {"allowed": ["inherit"], "minimum": {"http.": "isolated"}}, "expose": ["audit."]}
 *
 * Only `level` must stand there. Paths in grants are relative to the base directory of the run.
 */
import type { Diagnostic, Result } from '../../diagnostic/diagnostic.ts';
import { limitLabel, type LimitName } from '../../evaluator/limits.ts';
import type { Value } from '../../value/value.ts';
import type { Grant, Isolation } from '../port.ts';
import { AMOUNT_NAMES, type Amounts, inUnits } from '../amounts.ts';
import { Complaints, Fields } from './document.ts';
import { type GrantContext, grantText, parseGrant } from './grant.ts';
import { parseWindow, normalStretches, windowTexts } from './windows.ts';
import { buildContext, type CapabilityWindows, type ContextParts, ISOLATIONS, LEVELS, LIMIT_NAMES, type RuntimeContext, type RuntimeLimits } from './runtime-context.ts';

export interface NamedPolicy {
  /** As it is called in messages: the name of a preset, the path of a file. */
  readonly name: string;
  readonly description: string | null;
  readonly context: RuntimeContext;
}

const KEYS = ['description', 'level', 'capabilities', 'effects', 'denied-effects', 'denied-capabilities', 'windows', 'grants', 'limits', 'budget', 'soft-budget', 'isolation', 'expose'];
const LIMIT_LABELS: ReadonlyMap<string, LimitName> = new Map(LIMIT_NAMES.map((name) => [limitLabel(name), name]));
const OWN_LIMITS = ['time-ms', 'memory-bytes'];

export function readPolicy(name: string, document: Value, grantContext: GrantContext): Result<NamedPolicy, readonly Diagnostic[]> {
  const complaints = new Complaints(name);
  const fields = Fields.read(complaints, '', document, KEYS);
  const description = fields.text('description');
  const level = fields.choice('level', 'level', LEVELS);
  if (!fields.has('level')) complaints.add('', 'the level is missing', [`Write "level": one of ${LEVELS.join(', ')}.`]);
  const parts = readParts(fields, complaints, grantContext);
  const built = buildContext(level ?? 'full', parts);
  if (!built.ok && level !== null) for (const { path, message } of built.problems) complaints.add(path, message);
  if (complaints.list.length > 0 || !built.ok) return { ok: false, error: complaints.list };
  return { ok: true, value: { name, description, context: built.value } };
}

function readParts(fields: Fields, complaints: Complaints, grantContext: GrantContext): ContextParts {
  const isolation = fields.map('isolation', ['allowed', 'minimum']);
  return {
    ...given('capabilities', fields.list('capabilities')),
    ...given('effects', fields.list('effects')),
    ...given('deniedEffects', fields.list('denied-effects')),
    ...given('deniedCapabilities', fields.list('denied-capabilities')),
    ...given('windows', readWindows(fields, complaints)),
    ...given('grants', readGrants(fields, complaints, grantContext)),
    ...given('budget', readBudget(fields, 'budget')),
    ...given('softBudget', readBudget(fields, 'soft-budget')),
    ...given('expose', fields.list('expose')),
    ...(isolation === null ? {} : { isolation: { allowed: isolation.choices('allowed', 'isolation', ISOLATIONS) ?? ISOLATIONS, minimum: readMinimum(isolation) } }),
    limits: readLimits(fields),
  };
}

function given<Name extends string, T>(name: Name, value: T | null): Partial<Record<Name, T>> {
  return value === null ? {} : ({ [name]: value } as Record<Name, T>);
}

function readGrants(fields: Fields, complaints: Complaints, context: GrantContext): readonly Grant[] | null {
  const texts = fields.list('grants');
  return texts === null ? null : texts.flatMap((text, index) => {
    const grant = parseGrant(text, context);
    if (!grant.ok) complaints.add(`${fields.at('grants')}[${index}]`, grant.error.message, grant.error.help);
    return grant.ok ? [grant.value] : [];
  });
}

function readWindows(fields: Fields, complaints: Complaints): readonly CapabilityWindows[] | null {
  const map = fields.map('windows', null);
  return map === null ? null : map.names().map((capability) => {
    const open = (map.list(capability) ?? []).flatMap((text) => {
      const window = parseWindow(text);
      if (!window.ok) complaints.add(map.at(capability), window.error.message, [window.error.help]);
      return window.ok ? window.value : [];
    });
    return { capability, open: normalStretches(open) };
  });
}

function readBudget(fields: Fields, key: 'budget' | 'soft-budget'): Amounts | null {
  const map = fields.map(key, AMOUNT_NAMES);
  return map === null ? null : Object.fromEntries(AMOUNT_NAMES.flatMap((name) => (map.has(name) ? [[name, (name === 'cost' ? map.money(name) : map.whole(name, 0)) ?? 0]] : [])));
}

function readLimits(fields: Fields): Partial<RuntimeLimits> {
  const map = fields.map('limits', [...OWN_LIMITS, ...LIMIT_LABELS.keys()]);
  if (map === null) return {};
  const kernel = Object.fromEntries([...LIMIT_LABELS].flatMap(([label, name]) => (map.has(label) ? [[name, map.whole(label, 1) ?? 1]] : [])));
  return { kernel, ...given('timeMs', map.whole('time-ms', 1)), ...given('memoryBytes', map.whole('memory-bytes', 1)) };
}

function readMinimum(isolation: Fields): { readonly capability: string; readonly level: Isolation }[] {
  const map = isolation.map('minimum', null);
  return (map?.names() ?? []).flatMap((capability) => {
    const level = map!.choice(capability, 'isolation', ISOLATIONS);
    return level === null ? [] : [{ capability, level }];
  });
}

/** JSON that reads back as the policy. */
export function policyText({ description, context }: NamedPolicy, baseDirectory: string): string {
  const { limits, isolation } = context;
  const document = {
    ...(description === null ? {} : { description }),
    level: context.level,
    capabilities: context.capabilities,
    ...(context.effects === null ? {} : { effects: context.effects }),
    'denied-effects': context.deniedEffects,
    ...(context.deniedCapabilities.length === 0 ? {} : { 'denied-capabilities': context.deniedCapabilities }),
    ...(context.windows.length === 0 ? {} : { windows: Object.fromEntries(context.windows.map(({ capability, open }) => [capability, windowTexts(open)])) }),
    grants: context.grants.map((grant) => grantText(grant, baseDirectory)),
    limits: { 'time-ms': limits.timeMs, 'memory-bytes': limits.memoryBytes, ...labelled(limits.kernel) },
    budget: amountsDocument(context.budget),
    ...(Object.keys(context.softBudget).length === 0 ? {} : { 'soft-budget': amountsDocument(context.softBudget) }),
    isolation: { allowed: isolation.allowed, minimum: Object.fromEntries(isolation.minimum.map(({ capability, level }) => [capability, level])) },
    expose: context.expose,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function amountsDocument(amounts: Amounts): Readonly<Record<string, number>> {
  return Object.fromEntries(AMOUNT_NAMES.flatMap((name) => (amounts[name] === undefined ? [] : [[name, inUnits(name, amounts[name])]])));
}

function labelled(kernel: RuntimeLimits['kernel']): Readonly<Record<string, number>> {
  return Object.fromEntries([...LIMIT_LABELS].flatMap(([label, name]) => (kernel[name] === undefined ? [] : [[label, kernel[name]]])));
}
