/**
 * What a run remembers, from its journal: the memory of a checkpoint, and the same changes made to it again that were made when the
 * records after it were written (`host/memory.ts`). Hints are planned again with the times that were recorded, so nothing of what they came to
 * has to stand in the journal.
 */
import type { Advance } from '../../evaluator/state.ts';
import type { HostCall } from '../port.ts';
import { afterTurn, attemptBegins, attemptEnds, beginHinted, claim, ended, given, hasRightHints, type Memory, made, newMemory, planCall, readAttempting, readMemory, withMore, withPassed } from '../memory.ts';
import type { JournalRecord } from '../journal/record.ts';
import { AMOUNT_NAMES, type Amounts, readAmounts } from '../amounts.ts';
import { Facts } from './facts.ts';
import { answerIn } from './history.ts';

export const DAMAGED_MEMORY = { ok: false, error: 'what the run remembers is damaged' } as const;

/** What a run remembers at its start. */
export function memoryAtStart(started: Facts): Memory {
  return newMemory({ grant: readAmounts(started.value('budget')) ?? {}, soft: readAmounts(started.value('soft-budget')) ?? {} }, started.is('traced'));
}

/** After a record that stands within a turn. Null for a checkpoint with a memory that is damaged. */
function afterRecord(memory: Memory, { kind, data }: JournalRecord): Memory | null {
  const facts = new Facts(data);
  const id = facts.text('call') ?? '';
  const amounts = (name: string): Amounts => readAmounts(facts.value(name)) ?? {};
  switch (kind) {
    case 'checkpoint':
      return readMemory(facts.value('memory'));
    case 'call-requested':
      if (facts.text('refused') !== null) return memory;
      if (facts.number('first') !== null) return hasRightHints(callIn(facts)) ? beginHinted(memory, callIn(facts), facts.number('first') ?? 0) : memory;
      return made(held(memory, id, facts), id);
    case 'approval-requested':
      return held(memory, id, facts);
    case 'call-planned':
      return isHinted(memory, id) ? planCall(memory, id, facts.number('at') ?? 0).memory : memory;
    case 'attempt-started': {
      const attempt = readAttempting(facts.value('attempt'));
      return attempt === null || !isHinted(memory, id) ? memory : made(attemptBegins(held(memory, id, facts), id, attempt), id);
    }
    case 'attempt-ended': {
      if (!isHinted(memory, id)) return memory;
      const answer = answerIn(facts);
      const outcome = answer.ok ? ({ ok: true, value: answer.value } as const) : ({ ok: false, error: answer.error } as const);
      const attempt = { target: facts.text('target') === 'fallback' ? ('fallback' as const) : ('own' as const), startedMs: facts.number('started') ?? 0, endedMs: facts.number('ended') ?? 0, outcome };
      return attemptEnds(memory, id, attempt, amounts('used'));
    }
    case 'call-answered':
      return ended(memory, id, amounts('used'));
    case 'budget-passed': {
      const name = AMOUNT_NAMES.find((one) => one === facts.text('budget'));
      return name === undefined ? memory : withPassed(memory, name);
    }
    case 'grant-changed':
      return withMore(memory, amounts('budget'));
    default:
      return memory;
  }
}

/** After a turn that was taken again: its answers, what it did, and what was written after that. Null for what is damaged. */
export function afterStretch(memory: Memory, records: readonly JournalRecord[], { events, outcome }: Advance): Memory | null {
  const begun = afterAnswers(memory, records);
  const turned = begun === null ? null : afterTurn(begun, events, 'calls' in outcome ? outcome.calls : []);
  return turned === null ? null : afterWriting(turned, records);
}

/** After what begins the turn: the checkpoint that the records begin with, or the answers. */
export function afterAnswers(memory: Memory, records: readonly JournalRecord[]): Memory | null {
  return through(memory, records.filter(({ kind }, index) => kind === 'call-answered' || (kind === 'checkpoint' && index === 0)));
}

function afterWriting(memory: Memory, records: readonly JournalRecord[]): Memory | null {
  // A checkpoint at the end has what all records before it say.
  return through(memory, records.filter(({ kind }) => kind !== 'call-answered' && kind !== 'checkpoint'));
}

function through(memory: Memory, records: readonly JournalRecord[]): Memory | null {
  return records.reduce<Memory | null>((now, record) => (now === null ? null : afterRecord(now, record)), memory);
}

/** What a fork remembers of the run that it comes from: calls that waited there are asked for anew, and have taken nothing here. */
export function forked(memory: Memory): Memory {
  let now = memory;
  for (const id of memory.calls.keys()) now = given(now, id);
  return now;
}

function isHinted(memory: Memory, id: string): boolean {
  return memory.calls.get(id)?.hinted != null;
}

function held(memory: Memory, id: string, facts: Facts): Memory {
  const amounts = readAmounts(facts.value('held'));
  const claimed = amounts === null ? null : claim(memory, id, memory.calls.get(id)?.step ?? facts.text('step'), amounts);
  return claimed?.ok === true ? claimed.memory : memory;
}

function callIn(facts: Facts): Pick<HostCall, 'id' | 'capability' | 'args' | 'options' | 'step'> {
  return { id: facts.text('call') ?? '', capability: facts.text('capability') ?? '', args: facts.items('args'), options: facts.value('options'), step: facts.text('step') };
}
