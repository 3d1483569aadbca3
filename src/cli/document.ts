/** `--json`: what a run gave, as one JSON document on the output; in a stream of lines its type says that it is the last. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { diagnosticsToJson, diagnosticToJson } from '../diagnostic/json.ts';
import { arrange } from '../diagnostic/order.ts';
import type { SourceLookup } from '../diagnostic/position.ts';
import { writeJson } from '../value/json-write.ts';
import { printValue } from '../value/print.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import type { WaitShown } from './ending.ts';
import { kindOfError } from '../host/run-failure.ts';
import { explainedFailure } from './failure.ts';
import type { JsonForm } from './invocation.ts';

/** `paused`: it waits in a store. `invalid`: nothing ran. */
export type RunStatus = 'complete' | 'failed' | 'paused' | 'invalid';

export interface RunReport {
  readonly status: RunStatus;
  /** Undefined unless complete. */
  readonly value?: Value;
  /** Undefined unless failed. */
  readonly error?: ErrorValue;
  /** What a paused run waits for. */
  readonly waits?: readonly WaitShown[];
  /** The id of a run that is kept. */
  readonly run?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** The document, with a line break at its end. */
export function runDocument(report: RunReport, lookup: SourceLookup, form: JsonForm): string {
  const { status, value, error } = report;
  const diagnostics = arrange(report.diagnostics);
  const parts = {
    ...(form === 'stream' ? { type: '"result"' } : {}),
    status: JSON.stringify(status),
    value: value === undefined ? 'null' : JSON.stringify(printValue(value)),
    json: value === undefined ? 'null' : jsonOf(value),
    error: errorOf(error, diagnostics, lookup),
    ...(report.run === undefined ? {} : { run: JSON.stringify(report.run) }),
    ...(report.waits === undefined ? {} : { waits: JSON.stringify(report.waits) }),
    diagnostics: JSON.stringify(diagnosticsToJson(diagnostics, lookup)),
  };
  return `{${Object.entries(parts).map(([key, text]) => `"${key}":${text}`).join(',')}}\n`;
}

/** Keywords and symbols as their names, sets as arrays; null for what has no plain form at all, a function for instance. */
function jsonOf(value: Value): string {
  if (holdsFunction(value)) return 'null';
  const text = writeJson(value, { lossy: true });
  return text.ok ? text.value : 'null';
}

function holdsFunction(root: Value): boolean {
  const seen = new Set<Value>();
  const open: Value[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    if (value.kind === 'function') return true;
    const { kind } = value;
    if (kind !== 'vector' && kind !== 'list' && kind !== 'set' && kind !== 'map') continue;
    seen.add(value);
    for (const part of kind === 'map' ? value.values() : value.toArray()) open.push(part);
    if (kind === 'map') for (const key of value.keys()) open.push(key);
  }
  return false;
}

function errorOf(error: ErrorValue | undefined, diagnostics: readonly Diagnostic[], lookup: SourceLookup): string {
  const found = error === undefined ? diagnostics.find((one) => one.severity === 'error') : explainedFailure(error);
  if (found === undefined) return 'null';
  const { code, message, span, stack } = diagnosticToJson(found, lookup);
  const kind = error === undefined ? kindOfCode(code) : kindOfError(error);
  const plain = JSON.stringify({ code, kind, message, span, stack });
  return error === undefined ? plain : `${plain.slice(0, -1)},"data":${jsonOf(error.data)}}`;
}

/** The kinds that run-time errors have too, for what was found before anything ran. */
function kindOfCode(code: string): string {
  if (code === 'E0201' || code === 'E0212' || code === 'E0214') return 'undefined-symbol';
  if (code.startsWith('E03')) return 'type';
  return code.startsWith('E05') ? 'host' : 'syntax';
}
