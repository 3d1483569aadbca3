/** What is shown of a journal: a record, or one event of a turn, and what there is to say of it. */
import { branchOf } from '../../host/durable/branch-log.ts';
import { readParent } from '../../host/durable/callback.ts';
import { Facts } from '../../host/durable/facts.ts';
import { readDenial } from '../../host/security/denial.ts';
import { AMOUNT_NAMES, amountsText, inUnits, readAmounts } from '../../host/amounts.ts';
import { MapValue } from '../../value/map.ts';
import { printBrief } from '../../value/print.ts';
import { Keyword, type Value } from '../../value/value.ts';
import { timeText } from './show.ts';

/** A record, or one event of a `turn-ended`. */
export interface LogEntry {
  readonly seq: number;
  readonly timeMs: number;
  readonly kind: string;
  readonly step: string | null;
  readonly call: string | null;
  readonly capability: string | null;
  readonly facts: Facts;
  /** The JSON of the event, for events. */
  readonly event: Readonly<Record<string, unknown>> | null;
}

const SHOWN_MAX = 100;

/** What there is to say of an entry besides its kind. */
export function entryText(entry: LogEntry): string {
  const { facts, kind, call, event } = entry;
  if (event !== null) return eventText(event);
  const shown = (name: string): string => printBrief(facts.value(name), SHOWN_MAX);
  const who = facts.text('who') === null ? '' : ` by ${facts.text('who') ?? ''}`;
  switch (kind) {
    case 'call-requested': {
      const refused = facts.text('refused');
      const args = facts.items('args').map((arg) => printBrief(arg, SHOWN_MAX)).join(' ');
      return `${call ?? ''} (call :${facts.text('capability') ?? ''}${args === '' ? '' : ` ${args}`})${refused === null ? '' : ` refused: ${refused}`}`;
    }
    case 'call-answered': {
      const by = facts.text('by') === null ? '' : ` by ${facts.text('who') ?? facts.text('by') ?? ''}`;
      const error = facts.error('error');
      return `${call ?? ''} ${error === null ? shown('value') : `error: ${error.message}`}${by}`;
    }
    case 'call-planned':
      return `${call ?? ''} ${facts.text('next') ?? ''}${facts.number('until') === null ? '' : ` until ${timeText(facts.number('until') ?? 0)}`}`;
    case 'attempt-started':
      return `${call ?? ''} :${new Facts(mapOf(facts.value('attempt'))).text('capability') ?? ''}`;
    case 'attempt-ended': {
      const error = facts.error('error');
      return `${call ?? ''} :${facts.text('capability') ?? ''} ${error === null ? shown('value') : `error: ${error.message}`}`;
    }
    case 'hint-applied':
      return `${call ?? ''} ${facts.text('hint') ?? ''} ${shown('detail')}`;
    case 'budget-exhausted':
      return `${call ?? ''} ${facts.text('budget') ?? ''} of ${facts.text('step') ?? ''}: ${facts.number('left') ?? ''} of ${facts.number('granted') ?? ''} left, ${facts.number('wanted') ?? ''} wanted`;
    case 'budget-passed': {
      const name = AMOUNT_NAMES.find((one) => one === facts.text('budget')) ?? 'calls';
      return `${name} ${inUnits(name, facts.number('used') ?? 0)}, more than ${inUnits(name, facts.number('soft') ?? 0)}`;
    }
    case 'governance-denied':
      return facts.text('at') === null ? `${call ?? ''} ${readDenial(facts.value('denial'))?.reasons[0]?.message ?? ''}` : `${facts.text('step') ?? ''} ${facts.error('error')?.message ?? ''}`;
    case 'callback-started':
      return `${call ?? ''} calls back: ${facts.text('run') ?? ''}`;
    case 'branch-given':
      return `${facts.text('path') ?? ''} to ${facts.text('worker') ?? ''}`;
    case 'branch-returned':
      return `${facts.text('path') ?? ''}${facts.text('run') === null ? '' : ` as ${facts.text('run') ?? ''} tells`}${facts.text('worker-state') === null ? '' : ', where it came to something else'}`;
    case 'call-repeated':
      return `${call ?? ''}${who}`;
    case 'checkpoint':
      return `${facts.text('reason') ?? ''} ${facts.text('label') ?? ''} ${(facts.text('root') ?? '').slice(0, 12)}`;
    case 'context-patched':
      return `${shown('data')} ${shown('policy')}${who}`;
    case 'cancel-requested':
      return `${facts.text('reason') ?? ''}${who}`;
    case 'run-started':
      return `${facts.text('name') ?? ''} ${(facts.text('program') ?? '').slice(0, 12)}${facts.text('from') === null ? '' : ` forked from ${facts.text('from') ?? ''} at record ${facts.number('seq') ?? ''}`}${callbackText(facts)}${branchText(facts)}`;
    case 'run-resumed':
      return `process ${facts.number('process') ?? ''} on ${facts.text('host') ?? ''}`;
    case 'run-complete':
      return `${shown('value')}${budgetText(facts)}`;
    case 'run-failed':
    case 'run-cancelled':
      return `${facts.error('error')?.message ?? ''}${budgetText(facts)}${who}`;
    default:
      return [...facts.data].map(([key, value]) => `${key instanceof Keyword ? key.name : ''}=${printBrief(value, SHOWN_MAX)}`).join(' ');
  }
}

function callbackText(started: Facts): string {
  const parent = readParent(started);
  return parent === null ? '' : ` called back by ${parent.run ?? ''} ${parent.call} (call :${parent.capability}), ${printBrief(started.value('function'), SHOWN_MAX)} ${started.items('args').map((arg) => printBrief(arg, SHOWN_MAX)).join(' ')}`;
}

function branchText(started: Facts): string {
  const branch = branchOf(started);
  return branch === null ? '' : `, ${branch.path} of ${branch.run}`;
}

/** What the run has used of its budget by then. */
function budgetText(facts: Facts): string {
  const [used, granted, soft] = ['used', 'granted', 'soft'].map((name) => readAmounts(new Facts(mapOf(facts.value('budget'))).value(name)));
  const text = used == null || granted == null ? '' : amountsText(used, granted, soft ?? {});
  return text === '' ? '' : ` (${text})`;
}

function mapOf(value: Value): MapValue {
  return value instanceof MapValue ? value : MapValue.empty();
}

function eventText({ kind, at, step, ...rest }: Readonly<Record<string, unknown>>): string {
  void kind;
  const more = Object.entries(rest).filter(([name, value]) => value !== null && !['form', 'parent', 'declared'].includes(name) && !(Array.isArray(value) && value.length === 0));
  const text = more.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ');
  return `${String(step)} @${String(at)} ${text.length > 2 * SHOWN_MAX ? `${text.slice(0, 2 * SHOWN_MAX)}…` : text}`;
}
