/** A run-time error of a plan as a diagnostic: its place and its stack brought into the common form. */
import { type Diagnostic, runtimeDiagnostic, type StackEntry } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { MapValue } from '../value/map.ts';
import { type ErrorValue, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

const PREFIX = 'error/';

/** `arithmetic` for `:error/arithmetic`; a kind that the program made up keeps its full name. */
export function kindOfError(error: ErrorValue): string {
  const { name } = error.type;
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** `help`: how to mend it, as whoever shows it can say. */
export function failureDiagnostic(error: ErrorValue, help: readonly string[] = []): Diagnostic {
  const stack = error.stack instanceof Vector ? error.stack.toArray().map(stackEntry) : [];
  return runtimeDiagnostic({ kind: kindOfError(error), message: error.message, span: spanOf(error.span), stack, help });
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
