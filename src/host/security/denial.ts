/** Why a call was denied: for journals as a value, for people as text. What `rtfs why-denied` prints. */
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { DraftData } from '../journal/record.ts';
import type { Decision, HostCall, Reason } from '../port.ts';

export interface Denial {
  /** The id of the call in its run. */
  readonly call: string;
  /** As the program wrote it, without the colon. */
  readonly capability: string;
  /** The id of the step; null outside of steps. */
  readonly step: string | null;
  /** The weightiest first. */
  readonly reasons: readonly Reason[];
}

/** `{:call "3" :capability :fs.read :step "root/a" :reasons [{:rule :grant :id nil :source "--allow" :message "…" :cure "…"}]}`. */
export function denialValue({ call, capability, step, reasons }: Denial): MapValue {
  return MapValue.of(keyword('call'), call, keyword('capability'), keyword(capability), keyword('step'), step, keyword('reasons'), Vector.adopt(reasons.map(reasonValue)));
}

function reasonValue({ rule, id, source, message, cure }: Reason): Value {
  return MapValue.of(keyword('rule'), keyword(rule), keyword('id'), id, keyword('source'), source, keyword('message'), message, keyword('cure'), cure);
}

/** What the journal says of a call that was denied. */
export function denialFacts(call: HostCall, decision: Decision): DraftData {
  return { call: call.id, denial: denialOf(call, decision) };
}

export function denialOf({ id, capability, step }: HostCall, decision: Decision): MapValue {
  const reasons = decision.allowed ? [] : (decision.reasons ?? [{ rule: decision.kind, id: null, source: 'the host', message: decision.reason, cure: decision.hint === null ? null : `--allow ${decision.hint}` }]);
  return denialValue({ call: id, capability, step, reasons });
}

/** Null for what is no such value. */
export function readDenial(value: Value): Denial | null {
  const [call, capability, step, list] = ['call', 'capability', 'step', 'reasons'].map((name) => field(value, name));
  if (typeof call !== 'string' || (step !== null && typeof step !== 'string') || !(list instanceof Vector)) return null;
  const name = keywordName(capability);
  const reasons = list.toArray().map(readReason);
  return name === null || reasons.includes(null) ? null : { call, capability: name, step, reasons: reasons.filter((one) => one !== null) };
}

function readReason(value: Value): Reason | null {
  const [rule, id, source, message, cure] = ['rule', 'id', 'source', 'message', 'cure'].map((name) => field(value, name));
  const name = keywordName(rule);
  if (name === null || typeof source !== 'string' || typeof message !== 'string') return null;
  return isTextOrNull(id) && isTextOrNull(cure) ? { rule: name, id, source, message, cure } : null;
}

function field(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}

function keywordName(value: Value | undefined): string | null {
  return typeof value === 'object' && value?.kind === 'keyword' ? value.name : null;
}

function isTextOrNull(value: Value | undefined): value is string | null {
  return value === null || typeof value === 'string';
}

/** Several lines, each with its line break. */
export function denialText({ call, capability, step, reasons }: Denial): string {
  const lines = [`:${capability} was denied (call ${call}${step === null ? '' : `, step ${step}`})`];
  for (const { rule, id, source, message, cure } of reasons) {
    lines.push(`  ${rule}: ${message}`);
    // Of other rules the message says it all.
    const isNamed = rule === 'constitution' && id !== null && !message.includes(id);
    lines.push(`    decided by ${source}${isNamed ? `, rule ${id}` : ''}`);
    lines.push(cure === null ? '    nothing that could be granted allows it' : `    to allow it: ${cure}`);
  }
  if (reasons.length > 1) lines.push('  All of these stand against it: each has to be mended.');
  return `${lines.join('\n')}\n`;
}
