/** Kept runs, shown: what they wait for, when, and what to say to them. */
import { decodeValue } from '../../value/bytes.ts';
import { MapValue } from '../../value/map.ts';
import { printBrief } from '../../value/print.ts';
import { Vector } from '../../value/vector.ts';
import { Facts } from '../../host/durable/facts.ts';
import type { RunRow } from '../../host/store/port.ts';
import type { Ending, WaitShown } from '../ending.ts';

/** What the row of a run says that it waits for. */
export function waitsOf(row: Pick<RunRow, 'waits'>): readonly WaitShown[] {
  if (row.waits.length === 0) return [];
  const decoded = decodeValue(row.waits);
  if (!decoded.ok || !(decoded.value instanceof Vector)) return [];
  return decoded.value.toArray().flatMap((wait) => {
    if (!(wait instanceof MapValue)) return [];
    const facts = new Facts(wait);
    return [{ call: facts.text('call') ?? '', capability: facts.text('capability') ?? '', kind: facts.text('kind') ?? '', question: facts.text('question'), dueMs: facts.number('due'), hash: facts.text('hash'), shown: facts.value('shown') === null ? null : printBrief(facts.value('shown'), SHOWN_MAX) }];
  });
}

const SHOWN_MAX = 2_000;

export function pausedText({ run, waits, storeOption }: Extract<Ending, { kind: 'paused' }>): string {
  const lines = [`paused: run ${run}`];
  for (const wait of waits) lines.push(...waitLines(run, wait, storeOption));
  return `${lines.join('\n')}\n`;
}

function waitLines(run: string, { call, capability, kind, question, dueMs, shown }: WaitShown, option: string): string[] {
  const until = dueMs === null ? '' : ` until ${timeText(dueMs)}`;
  switch (kind) {
    case 'timer':
      return [`  call ${call} :${capability} waits${until}`, `    rtfs resume ${run}${option}`];
    case 'pause':
      return [`  call ${call} :${capability} is tried again${dueMs === null ? '' : ` at ${timeText(dueMs)}`}`, `    rtfs resume ${run}${option}`];
    case 'approval':
      return [`  call ${call} :${capability} needs approval${until}: ${question ?? ''}`, `    ${shown ?? ''}`, `    rtfs approve ${run} ${call}${option}    (or deny)`];
    case 'unsure':
      return [`  call ${call}: ${question ?? ''}`, `    rtfs answer ${run} ${call} VALUE${option}      it happened, and gave VALUE`, `    rtfs answer ${run} ${call} --again${option}    it did not happen: make it`];
    default:
      return [`  call ${call} :${capability} asks${until}: ${question ?? ''}`, `    rtfs answer ${run} ${call} VALUE${option}`];
  }
}

/** Local time, to the second. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
