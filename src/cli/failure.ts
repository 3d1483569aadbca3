/** A run-time error of a plan as a diagnostic: its place, its stack and its data brought into the common form. */
import { type Diagnostic, runtimeDiagnostic, type StackEntry } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { MapValue } from '../value/map.ts';
import { printBrief } from '../value/print.ts';
import { type ErrorValue, Keyword, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

const PREFIX = 'error/';
const DATA_SHOWN_MAX = 400;

/** `arithmetic` for `:error/arithmetic`; a kind that the program made up keeps its full name. */
export function kindOfError(error: ErrorValue): string {
  const { name } = error.type;
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

export function failureDiagnostic(error: ErrorValue): Diagnostic {
  const stack = error.stack instanceof Vector ? error.stack.toArray().map(stackEntry) : [];
  return runtimeDiagnostic({ kind: kindOfError(error), message: error.message, span: spanOf(error.span), stack, help: helpFor(error) });
}

/** For people: a stack of nothing but the place that is shown anyway is left out. */
export function shownFailure(error: ErrorValue): Diagnostic {
  const shown = failureDiagnostic(error);
  return shown.stack?.length === 1 ? { ...shown, stack: [] } : shown;
}

const LIMIT = 'limit/';
/** What a step itself allows, which no limit of the run raises. */
const OWN_LIMIT = 'max-iterations';

function helpFor({ type, data }: ErrorValue): string[] {
  // The message of a call that is denied, or means nothing here, says all of it.
  if (data === null || type.name === 'error/security' || type.name === 'error/capability') return [];
  if (data instanceof Keyword && data.name.startsWith(LIMIT)) {
    const name = data.name.slice(LIMIT.length);
    return [`does it end at all? If it only needs more: ${name === OWN_LIMIT ? `a larger \`:${name}\` of the step` : `--limit ${name}=…`}`];
  }
  return [`the error carries ${printBrief(data, DATA_SHOWN_MAX)}`];
}

function stackEntry(entry: Value): StackEntry {
  const omitted = field(entry, 'omitted');
  if (typeof omitted === 'number') return { function: `… ${omitted} more`, span: null };
  const name = field(entry, 'function');
  return { function: typeof name === 'string' ? name : '<unknown>', span: spanOf(field(entry, 'span')) };
}

function spanOf(value: Value): Span | null {
  const file = field(value, 'file');
  const start = field(value, 'start');
  const end = field(value, 'end');
  return typeof file === 'string' && typeof start === 'number' && typeof end === 'number' ? { file, start, end } : null;
}

function field(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}
