/** A run-time error of a plan as people see it: with what helps at the command line. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import { failureDiagnostic } from '../host/run-failure.ts';
import { printBrief } from '../value/print.ts';
import { type ErrorValue, Keyword } from '../value/value.ts';

const DATA_SHOWN_MAX = 400;

export function explainedFailure(error: ErrorValue): Diagnostic {
  return failureDiagnostic(error, helpFor(error));
}

/** For people: a stack of nothing but the place that is shown anyway is left out. */
export function shownFailure(error: ErrorValue): Diagnostic {
  const shown = explainedFailure(error);
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
