/** A moment of a run, shown. */
import { eventToJson, keyText } from '../../evaluator/event-value.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { Moment, Timeline } from '../../host/durable/timeline.ts';
import { printBrief } from '../../value/print.ts';
import type { Value } from '../../value/value.ts';
import { stateHash } from '../../host/durable/inspection.ts';

const SHOWN_MAX = 200;
const HASH_SHOWN = 12;

export function momentText(moment: Moment, timeline: Timeline): string {
  const { event, index, seq, news, entered, state } = moment;
  const head = `event ${event} of ${timeline.events.length}  turn ${timeline.tape.turnOf(index)}  record ${seq}  state ${stateHash(state).slice(0, HASH_SHOWN)}`;
  const lines = [...news.map(eventText), ...entered.map((name) => `enters ${name}`), ...standing(moment)];
  return `${head}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

export function momentJson(moment: Moment, timeline: Timeline): unknown {
  const { event, index, seq, news, entered, state } = moment;
  return {
    event, turn: timeline.tape.turnOf(index), record: seq, state: stateHash(state), status: statusOf(state), news: news.map((one) => JSON.parse(eventToJson(one)) as unknown), entered,
    waits: state.pending.map(({ id, capability }) => ({ call: id, capability })),
  };
}

function statusOf(state: State): string {
  return state.status === 'done' ? (state.main.status === 'done' ? 'complete' : 'failed') : state.status;
}

function standing({ state, isEnd }: Moment): readonly string[] {
  const { main } = state;
  if (state.status === 'done') return [`${main.status === 'done' ? 'complete with' : 'failed with'} ${shown(main.result)}`];
  if (state.status === 'ready') return isEnd ? ['at work'] : [];
  return state.pending.map(({ id, capability, args }) => `waits for call ${id} (call :${capability}${args.map((arg) => ` ${shown(arg)}`).join('')})`);
}

function eventText(event: Event): string {
  const head = `${event.kind} ${event.step}`;
  switch (event.kind) {
    case 'context-set':
      return `${head} :${keyText(event.key)} = ${shown(event.value)}`;
    case 'merged': {
      const keys = [...event.added, ...event.overwritten, ...event.merged].map((key) => `:${keyText(key)}`);
      return `${head} into ${event.into}${keys.length === 0 ? '' : `: ${keys.join(' ')}`}`;
    }
    case 'step-failed':
    case 'pass-failed':
    case 'branch-failed':
    case 'branch-cancelled':
    case 'compensation-failed':
    case 'step-retrying':
    case 'step-recovered':
      return `${head} ${shown(event.error)}`;
    case 'answer-dropped':
      return `${head} call ${event.call}`;
    default:
      return head;
  }
}

function shown(value: Value): string {
  return printBrief(value, SHOWN_MAX);
}
