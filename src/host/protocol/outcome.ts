/** What a turn of the machine gave, as JSON. */
import { diagnosticsToJson } from '../../diagnostic/json.ts';
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import type { SourceLookup } from '../../diagnostic/position.ts';
import { exposedContext, remaining } from '../../evaluator/kernel.ts';
import type { Advance, HostCall, State } from '../../evaluator/state.ts';
import { toTaggedJson } from '../../value/json-tagged.ts';
import { quoteJson } from '../../value/json-write.ts';
import { isInteger, type ErrorValue, keyword, type Value } from '../../value/value.ts';
import { MapValue } from '../../value/map.ts';
import { contextsOf, framesOf } from '../durable/inspection.ts';
import { failureDiagnostic, kindOfError } from '../run-failure.ts';
import { arrayText, jsonText, type JsonText, objectText } from './rpc.ts';

export interface Writing {
  /** Of one value, in UTF-16 code units. */
  readonly maxLength: number;
  readonly lookup: SourceLookup;
}

export function outcomeText({ outcome, state }: Pick<Advance, 'outcome' | 'state'>, run: string | null, writing: Writing): JsonText {
  const kind = quoteJson(outcome.kind);
  switch (outcome.kind) {
    case 'complete':
      return objectText({ kind, value: valueText(outcome.value, writing) });
    case 'failed':
      return objectText({ kind, error: failureText(outcome.error, writing) });
    case 'requires-host':
    case 'preempted':
      return objectText({ kind, calls: callsText(outcome.calls, state, run, writing) });
    case 'requires-values':
      throw new Error('states of clients have all their values');
  }
}

export function valueText(value: Value, { maxLength }: Pick<Writing, 'maxLength'>): JsonText {
  return jsonText(toTaggedJson(value), maxLength);
}

export function diagnosticsText(diagnostics: readonly Diagnostic[], lookup: SourceLookup): JsonText {
  return JSON.stringify(diagnosticsToJson(diagnostics, lookup));
}

function failureText(error: ErrorValue, writing: Writing): JsonText {
  const [diagnostic] = diagnosticsToJson([failureDiagnostic(error)], writing.lookup);
  return objectText({
    kind: quoteJson(kindOfError(error)), message: quoteJson(error.message), data: valueText(error.data, writing), diagnostic: JSON.stringify(diagnostic),
  });
}

function callsText(calls: readonly HostCall[], state: State, run: string | null, writing: Writing): JsonText {
  return arrayText(calls.map((call) => callText(call, state, run, writing)));
}

function callText({ id, capability, args, options, step, isolation, derivedFrom, span }: HostCall, state: State, run: string | null, writing: Writing): JsonText {
  const timeout = options instanceof MapValue ? (options.get(keyword('timeout-ms')) ?? null) : null;
  const place = span === null ? null : state.table.position(span.file, span.start);
  return objectText({
    id: quoteJson(id),
    capability: quoteJson(capability),
    args: arrayText(args.map((arg) => valueText(arg, writing))),
    options: valueText(options, writing),
    timeoutMs: isInteger(timeout) ? String(timeout) : 'null',
    idempotencyKey: run === null ? 'null' : quoteJson(`${run}/${id}`),
    step: step === null ? 'null' : quoteJson(step),
    isolation: quoteJson(isolation),
    context: valueText(exposedContext(state, id), writing),
    derivedFrom: JSON.stringify(derivedFrom.map(({ key, context, valueHash }) => ({ key, context, valueHash }))),
    place: span === null ? 'null' : JSON.stringify({ file: span.file, line: place?.line ?? null, column: place?.column ?? null }),
  });
}

/** What a state holds, for people and programs that look at it. */
export function inspectionText(state: State, run: string | null, program: string, writing: Writing): JsonText {
  const { fuel, allocation, calls } = remaining(state);
  return objectText({
    status: quoteJson(state.status),
    run: run === null ? 'null' : quoteJson(run),
    program: quoteJson(program),
    calls: callsText(state.pending, state, run, writing),
    remaining: limitsText({ fuel, allocation, calls }),
    limits: limitsText(state.limits),
    contexts: arrayText(contextsOf(state).map(({ id, entries }) => objectText({ id: quoteJson(id), data: objectText(Object.fromEntries(entries.map(([key, value]) => [`:${key}`, valueText(value, writing)]))) }))),
    frames: JSON.stringify(framesOf(state).map(({ fiber, name, place }) => ({ fiber, function: name, place }))),
  });
}

/** Whole numbers; null for no limit. */
export function limitsText(limits: object): JsonText {
  return objectText(Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, typeof limit === 'number' && Number.isFinite(limit) ? String(limit) : 'null'])));
}
